// The core rules of ABNF (RFC 5234 appendix B.1) and the comparison it prescribes (§2.3): ASCII case does not matter.
// Never: the locale.
#pragma once
#include <algorithm>
#include <string_view>

namespace sealpost::smtp {

constexpr bool is_alpha(char octet) { return (octet >= 'A' && octet <= 'Z') || (octet >= 'a' && octet <= 'z'); }
constexpr bool is_digit(char octet) { return octet >= '0' && octet <= '9'; }
constexpr bool is_hex_digit(char octet) {
  return is_digit(octet) || (octet >= 'a' && octet <= 'f') || (octet >= 'A' && octet <= 'F');
}
/// VCHAR or SP.
constexpr bool is_printable(char octet) { return octet >= ' ' && octet <= '~'; }

constexpr char to_lower(char octet) {
  return octet >= 'A' && octet <= 'Z' ? static_cast<char>(octet + ('a' - 'A')) : octet;
}
constexpr char to_upper(char octet) {
  return octet >= 'a' && octet <= 'z' ? static_cast<char>(octet - ('a' - 'A')) : octet;
}

constexpr bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, to_lower, to_lower);
}
constexpr bool starts_with_ignoring_case(std::string_view text, std::string_view prefix) {
  return equals_ignoring_case(text.substr(0, prefix.size()), prefix);
}

}  // namespace sealpost::smtp
