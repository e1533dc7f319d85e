// xtext, both ways.
#include "smtp/xtext.h"

namespace sealpost::smtp {

namespace {

constexpr std::string_view kHexDigits = "0123456789ABCDEF";

/// RFC 3461 §4: xchar is any of "!" to "~" but "+" and "=".
bool is_xchar(char octet) { return octet >= '!' && octet <= '~' && octet != '+' && octet != '='; }

}  // namespace

std::optional<std::string> xtext_decode(std::string_view text) {
  std::string octets;
  octets.reserve(text.size());
  while (!text.empty()) {
    if (text.front() != '+') {
      if (!is_xchar(text.front())) return std::nullopt;
      octets += text.front();
      text.remove_prefix(1);
      continue;
    }
    if (text.size() < 3) return std::nullopt;
    // RFC 3461 §4: hexchar has upper-case digits.
    const std::size_t high = kHexDigits.find(text[1]);
    const std::size_t low = kHexDigits.find(text[2]);
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    octets += static_cast<char>(high * 16 + low);
    text.remove_prefix(3);
  }
  return octets;
}

std::string xtext_encode(std::string_view octets) {
  std::string text;
  text.reserve(octets.size());
  for (const char octet : octets) {
    if (is_xchar(octet)) {
      text += octet;
    } else {
      const auto value = static_cast<unsigned char>(octet);
      text.append({'+', kHexDigits[value / 16], kHexDigits[value % 16]});
    }
  }
  return text;
}

}  // namespace sealpost::smtp
