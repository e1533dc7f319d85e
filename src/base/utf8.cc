// UTF-8 validation after the table of RFC 3629 §4.
#include "base/utf8.h"

#include <cstddef>
#include <cstdint>

namespace sealpost {

bool is_ascii(std::string_view text) {
  unsigned char seen = 0;
  for (const char c : text) seen |= static_cast<unsigned char>(c);
  return seen < 0x80;
}

bool is_utf8(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size()) {
    const auto lead = static_cast<std::uint8_t>(text[i++]);
    if (lead < 0x80) continue;
    // The first tail octet has a narrower range after E0, ED, F0 and F4; the others are always 80-BF.
    std::uint8_t low = 0x80;
    std::uint8_t high = 0xBF;
    std::size_t tails = 0;
    if (lead >= 0xC2 && lead <= 0xDF)
      tails = 1;
    else if (lead >= 0xE0 && lead <= 0xEF)
      tails = 2;
    else if (lead >= 0xF0 && lead <= 0xF4)
      tails = 3;
    else
      return false;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
    if (text.size() - i < tails) return false;
    for (; tails > 0; --tails, low = 0x80, high = 0xBF) {
      const auto tail = static_cast<std::uint8_t>(text[i++]);
      if (tail < low || tail > high) return false;
    }
  }
  return true;
}

}  // namespace sealpost
