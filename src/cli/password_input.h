// A password from the terminal, typed twice and not shown, or the first line of standard input.
// Never: from the command line or the environment, where every user of the machine can read it.
#pragma once
#include <string>

#include "base/result.h"
#include "base/secret.h"

namespace sealpost::cli {

/// `from_stdin`: read one line without asking; its line end (LF or CRLF) is not part of the password. Otherwise asks on
/// the terminal, and fails when there is none.
Result<SecretString> read_new_password(bool from_stdin, const std::string& name);

}  // namespace sealpost::cli
