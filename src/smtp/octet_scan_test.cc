#include "smtp/octet_scan.h"

#include <random>
#include <string>

#include <gtest/gtest.h>

namespace sealpost::smtp {
namespace {

TEST(FindLineOctet, FindsEachOctetAtEveryPosition) {
  for (std::size_t size = 0; size <= 40; ++size) {
    EXPECT_EQ(find_line_octet(std::string(size, 'A'), 0), size);
    for (std::size_t position = 0; position < size; ++position) {
      for (int octet = 0; octet < 256; ++octet) {
        std::string text(size, 'A');
        text[position] = static_cast<char>(octet);
        const bool is_found = octet == '\r' || octet == '\n' || octet == 0;
        ASSERT_EQ(find_line_octet(text, 0), is_found ? position : size)
            << octet << " at " << position << " of " << size;
      }
    }
  }
}

TEST(FindLineOctet, AgreesWithASimpleSearchOnRandomOctets) {
  std::mt19937 random(5321);
  // Mostly octets around 14, where the fast test and the exact one differ.
  constexpr std::string_view kAlphabet(
      "\x01\x09\x0B\x0C\x0E\x0F\x80\x8D\xFF"
      "AAAA\r\n\0",
      16);
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (std::size_t size = random() % 50; size > 0; --size) text += kAlphabet[random() % kAlphabet.size()];
    const std::size_t from = random() % (text.size() + 1);
    const std::size_t expected = std::min(text.find_first_of(std::string_view("\r\n\0", 3), from), text.size());
    ASSERT_EQ(find_line_octet(text, from), expected);
  }
}

}  // namespace
}  // namespace sealpost::smtp
