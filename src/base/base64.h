// Base64 as AUTH uses it (RFC 4648 §4, RFC 4954 §4): strict. No white space, no missing or misplaced padding, no stray
// bits.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace sealpost {

std::string base64_encode(std::string_view octets);
/// Nothing when `text` is not exactly one canonical encoding.
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace sealpost
