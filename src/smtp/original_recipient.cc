// The grammar of ORCPT.
#include "smtp/original_recipient.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <iterator>

#include <fmt/format.h>

#include "base/utf8.h"
#include "smtp/core_rules.h"
#include "smtp/xtext.h"

namespace sealpost::smtp {

namespace {

/// RFC 3461 §4.2 addr-type is an atom; those registered (rfc822, x400, utf-8…) need no more than this.
bool is_address_type(std::string_view text) {
  return !text.empty() &&
         std::ranges::all_of(text, [](char octet) { return is_alpha(octet) || is_digit(octet) || octet == '-'; });
}

/// Takes one character off valid UTF-8.
std::uint32_t take_code_point(std::string_view& text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  // The lead octet of a sequence of n octets has n ones and a zero in front.
  std::uint32_t code_point = size == 1 ? lead : lead & (0x7Fu >> size);
  for (const char octet : text.substr(1, size - 1)) {
    code_point = (code_point << 6) | (static_cast<unsigned char>(octet) & 0x3Fu);
  }
  text.remove_prefix(size);
  return code_point;
}

/// RFC 6533 §3 HEXPOINT, upper case: a character that is neither a control nor half of a pair.
bool is_hexpoint(std::string_view digits) {
  if (digits.size() < 2 || digits.size() > 6) return false;
  if (!std::ranges::all_of(digits, [](char octet) { return is_hex_digit(octet) && to_upper(octet) == octet; }))
    return false;
  std::uint32_t code_point = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), code_point, 16);
  const bool is_control = code_point < 0x20 || (code_point >= 0x7F && code_point < 0xA0);
  const bool is_surrogate = code_point >= 0xD800 && code_point <= 0xDFFF;
  return !is_control && !is_surrogate && code_point <= 0x10FFFF;
}

/// RFC 6533 §3 utf-8-addr-unitext (with kUtf8) or utf-8-addr-xtext, turned into the latter.
std::optional<std::string> parse_utf8_address(std::string_view text, Charset charset) {
  if (charset == Charset::kAscii ? !is_ascii(text) : !is_utf8(text)) return std::nullopt;
  std::string address;
  while (!text.empty()) {
    if (text.starts_with("\\x{")) {
      const std::size_t end = text.find('}');
      if (end == std::string_view::npos || !is_hexpoint(text.substr(3, end - 3))) return std::nullopt;
      address += text.substr(0, end + 1);
      text.remove_prefix(end + 1);
      continue;
    }
    const std::uint32_t code_point = take_code_point(text);
    if (code_point >= 0xA0) {
      fmt::format_to(std::back_inserter(address), "\\x{{{:X}}}", code_point);
      continue;
    }
    // QCHAR: "!" to "~" without "+", "=" and the backslash, which stand as \x{2B}, \x{3D} and \x{5C}.
    if (code_point <= 0x20 || code_point >= 0x7F || code_point == '+' || code_point == '=' || code_point == '\\') {
      return std::nullopt;
    }
    address += static_cast<char>(code_point);
  }
  return address;
}

std::optional<std::string> parse_xtext_address(std::string_view text) {
  std::optional<std::string> address = xtext_decode(text);
  // RFC 3461 §4.2 (stricter): xtext can carry any octet, but the address goes into a header field of the report.
  if (address && !std::ranges::all_of(*address, is_printable)) return std::nullopt;
  return address;
}

}  // namespace

std::optional<std::string> parse_original_recipient(std::string_view value, Charset charset) {
  if (value.size() > kOrcptMax) return std::nullopt;
  const std::size_t semicolon = value.find(';');
  if (semicolon == std::string_view::npos) return std::nullopt;
  const std::string_view type = value.substr(0, semicolon);
  const std::string_view encoded = value.substr(semicolon + 1);
  if (!is_address_type(type)) return std::nullopt;
  const std::optional<std::string> address =
      equals_ignoring_case(type, "utf-8") ? parse_utf8_address(encoded, charset) : parse_xtext_address(encoded);
  if (!address || address->empty()) return std::nullopt;
  // What is passed on must fit again, with the non-ASCII characters spelt out.
  if (type.size() + 1 + address->size() > kOrcptMax) return std::nullopt;
  return std::string(type).append(";").append(*address);
}

}  // namespace sealpost::smtp
