// Base64, strict in what it accepts: one text for one value.
#include "base/base64.h"

#include <array>
#include <cstdint>

namespace sealpost {

namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t kInvalid = 0xFF;

constexpr std::array<std::uint8_t, 256> kValues = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(kInvalid);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i)
    values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  return values;
}();

std::uint32_t octet(std::string_view octets, std::size_t i) { return static_cast<unsigned char>(octets[i]); }

}  // namespace

std::string base64_encode(std::string_view octets) {
  std::string text;
  text.reserve((octets.size() + 2) / 3 * 4);
  std::size_t i = 0;
  for (; i + 3 <= octets.size(); i += 3) {
    const std::uint32_t group = octet(octets, i) << 16 | octet(octets, i + 1) << 8 | octet(octets, i + 2);
    for (int shift = 18; shift >= 0; shift -= 6) text.push_back(kAlphabet[group >> shift & 63]);
  }
  if (const std::size_t rest = octets.size() - i; rest != 0) {
    const std::uint32_t group = octet(octets, i) << 16 | (rest == 2 ? octet(octets, i + 1) << 8 : 0);
    text.push_back(kAlphabet[group >> 18 & 63]);
    text.push_back(kAlphabet[group >> 12 & 63]);
    text.push_back(rest == 2 ? kAlphabet[group >> 6 & 63] : '=');
    text.push_back('=');
  }
  return text;
}

std::optional<std::string> base64_decode(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  const std::string_view digits = text.substr(0, text.size() - padding);

  std::string octets;
  octets.reserve(text.size() / 4 * 3);
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : digits) {
    const std::uint8_t value = kValues[static_cast<unsigned char>(c)];
    if (value == kInvalid) return std::nullopt;
    bits = bits << 6 | value;
    count += 6;
    if (count >= 8) {
      count -= 8;
      octets.push_back(static_cast<char>(bits >> count & 0xFF));
    }
  }
  // RFC 4648 §3.5: the bits that padding leaves over are zero; otherwise two texts would mean one value.
  if ((bits & ((1U << count) - 1)) != 0) return std::nullopt;
  return octets;
}

}  // namespace sealpost
