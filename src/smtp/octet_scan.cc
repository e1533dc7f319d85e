// Eight octets at a time in an ordinary register: no instruction set is assumed, and no octet outside the view is read.
#include "smtp/octet_scan.h"

#include <bit>
#include <cstdint>
#include <cstring>

namespace sealpost::smtp {

namespace {

constexpr std::uint64_t kOnes = 0x0101'0101'0101'0101;
constexpr std::uint64_t kHighBits = 0x8080'8080'8080'8080;

bool is_line_octet(char octet) { return octet == '\r' || octet == '\n' || octet == '\0'; }

/// The high bit of each octet that may be below 14. CR is 13, LF 10, NUL 0; what else is flagged (TAB, other controls,
/// and the octet after a flagged one, through the borrow) is sorted out one by one, and no octet below 14 is ever
/// missed.
std::uint64_t candidates(std::uint64_t word) { return (word - kOnes * 14) & ~word & kHighBits; }

std::uint64_t load_little_endian(std::string_view eight_octets) {
  std::uint64_t word = 0;
  std::memcpy(&word, eight_octets.data(), sizeof word);
  if constexpr (std::endian::native == std::endian::big) word = std::byteswap(word);
  return word;
}

}  // namespace

std::size_t find_line_octet(std::string_view text, std::size_t from) {
  std::size_t at = from;
  for (; at < text.size() && text.size() - at >= sizeof(std::uint64_t); at += sizeof(std::uint64_t)) {
    std::uint64_t flags = candidates(load_little_endian(text.substr(at, sizeof(std::uint64_t))));
    for (; flags != 0; flags &= flags - 1) {
      const std::size_t found = at + static_cast<std::size_t>(std::countr_zero(flags)) / 8;
      if (is_line_octet(text[found])) return found;
    }
  }
  while (at < text.size() && !is_line_octet(text[at])) ++at;
  return at < text.size() ? at : text.size();
}

}  // namespace sealpost::smtp
