#include "smtp/xtext.h"

#include <gtest/gtest.h>

namespace sealpost::smtp {
namespace {

TEST(Xtext, DecodesHexcharsAndLeavesTheRest) {
  EXPECT_EQ(xtext_decode("QQ314159"), "QQ314159");
  EXPECT_EQ(xtext_decode("e+3Dmc2@example.com"), "e=mc2@example.com");
  EXPECT_EQ(xtext_decode("+2B"), "+");
  EXPECT_EQ(xtext_decode("+00"), std::string(1, '\0'));
  EXPECT_EQ(xtext_decode(""), "");
}

TEST(Xtext, RefusesWhatIsNotXtext) {
  for (const char* text : {"+", "+2", "a+", "a+2", "+2b", "+g0", "+0g", "a=b", "a b", "a\tb", "\xC3\xA9", "\x7F"}) {
    EXPECT_FALSE(xtext_decode(text)) << text;
  }
  EXPECT_FALSE(xtext_decode(std::string_view("a\0b", 3)));
}

TEST(Xtext, DecodesWhatItEncodesForEveryOctet) {
  std::string octets;
  for (int octet = 0; octet < 256; ++octet) octets += static_cast<char>(octet);
  const std::string text = xtext_encode(octets);
  EXPECT_EQ(xtext_decode(text), octets);
  EXPECT_EQ(xtext_encode("ann+x=y z"), "ann+2Bx+3Dy+20z");
  EXPECT_EQ(xtext_encode("\xC3\xA9"), "+C3+A9");
}

}  // namespace
}  // namespace sealpost::smtp
