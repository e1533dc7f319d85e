// The message that `sealpost send` submits: composed from options, or a file with its line ends made CRLF (RFC 5321
// §2.3.8). Never: changes anything else of a file.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sealpost::cli {

struct MessageParts {
  std::string from;
  std::vector<std::string> to;
  std::string subject;               // UTF-8; encoded after RFC 2047 when not ASCII
  std::vector<std::string> headers;  // "Name: value", as given
  std::string body;                  // UTF-8
};

/// Headers From, To, Subject, those given, and MIME headers where the body needs them; CRLF line ends. Date and
/// Message-ID are the submission server's work (RFC 6409 §8). Fault::kConfiguration when a header is none.
Result<std::string> compose(const MessageParts& parts);

/// LF and CRLF both become CRLF; a text without final line end gets one. Fault::kConfiguration names the line of a bare
/// CR or a NUL.
Result<std::string> with_crlf(std::string_view text);

bool has_8bit(std::string_view text);

}  // namespace sealpost::cli
