// The value of ORCPT (RFC 3461 §4.2, RFC 6533 §3): the address a message was sent to first, with its type. Never: an
// octet in the result that could break a line of a report.
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "smtp/address.h"

namespace sealpost::smtp {

/// RFC 3461 §4.2: of the value, as encoded.
inline constexpr std::size_t kOrcptMax = 500;

/// "rfc822;ann+2Bx@example.com" becomes "rfc822;ann+x@example.com": printable ASCII. Of type "utf-8", non-ASCII
/// characters, allowed with kUtf8, become "\x{E9}" (RFC 6533 §3), so that the result can be passed on with and without
/// SMTPUTF8. Nothing when `value` is malformed.
std::optional<std::string> parse_original_recipient(std::string_view value, Charset charset);

}  // namespace sealpost::smtp
