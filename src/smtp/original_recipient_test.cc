#include "smtp/original_recipient.h"

#include <gtest/gtest.h>

namespace sealpost::smtp {
namespace {

TEST(OriginalRecipient, IsDecoded) {
  EXPECT_EQ(parse_original_recipient("rfc822;ann@example.com", Charset::kAscii), "rfc822;ann@example.com");
  EXPECT_EQ(parse_original_recipient("rfc822;ann+2Bx@example.com", Charset::kAscii), "rfc822;ann+x@example.com");
  EXPECT_EQ(parse_original_recipient("x400;/C+3DDE/S+3DMeier/", Charset::kAscii), "x400;/C=DE/S=Meier/");
  EXPECT_EQ(parse_original_recipient("rfc822;a+20b@example.com", Charset::kAscii), "rfc822;a b@example.com");
}

TEST(OriginalRecipient, RefusesMalformedValues) {
  for (const char* value :
       {"", ";", "rfc822", "rfc822;", ";ann@example.com", "rf c;a", "rfc822;a+2", "rfc822;a+2b", "rfc822;a=b",
        "rfc822;a+0D+0ABcc:x", "rfc822;a+00", "rfc822;a+7F", "rfc822;a+C3+A9", "rfc822;\xC3\xA9@example.com"}) {
    EXPECT_FALSE(parse_original_recipient(value, Charset::kUtf8)) << value;
  }
}

TEST(OriginalRecipient, SpellsOutUnicodeOfTypeUtf8) {
  EXPECT_EQ(parse_original_recipient("utf-8;j\u00F6rg@example.com", Charset::kUtf8), "utf-8;j\\x{F6}rg@example.com");
  EXPECT_EQ(parse_original_recipient("UTF-8;\u20AC\U0001F600@example.com", Charset::kUtf8),
            "UTF-8;\\x{20AC}\\x{1F600}@example.com");
  EXPECT_EQ(parse_original_recipient("utf-8;j\\x{F6}rg\\x{2B}@example.com", Charset::kAscii),
            "utf-8;j\\x{F6}rg\\x{2B}@example.com");
  EXPECT_FALSE(parse_original_recipient("utf-8;j\u00F6rg@example.com", Charset::kAscii));
}

TEST(OriginalRecipient, RefusesMalformedUtf8Addresses) {
  for (const char* value :
       {"utf-8;", "utf-8;a+b", "utf-8;a+2B", "utf-8;a=b", "utf-8;a\\b", "utf-8;\\x{}", "utf-8;\\x{A}", "utf-8;\\x{f6}",
        "utf-8;\\x{0A}", "utf-8;\\x{9B}", "utf-8;\\x{D800}", "utf-8;\\x{110000}", "utf-8;\\x{1000000}", "utf-8;\\x{F6",
        "utf-8;\\x{0X}", "utf-8;a\xFF", "utf-8;a\u0085", "utf-8;a b", "utf-8;a\x01"}) {
    EXPECT_FALSE(parse_original_recipient(value, Charset::kUtf8)) << value;
  }
}

TEST(OriginalRecipient, IsLimitedTo500OctetsAsSentAndAsPassedOn) {
  const auto value = [](std::size_t size) { return "rfc822;" + std::string(size - 7, 'a'); };
  EXPECT_TRUE(parse_original_recipient(value(500), Charset::kAscii));
  EXPECT_FALSE(parse_original_recipient(value(501), Charset::kAscii));
  const auto spelt_out = [](std::size_t size) { return "utf-8;\u00F6" + std::string(size - 6 - 6, 'a'); };
  EXPECT_TRUE(parse_original_recipient(spelt_out(500), Charset::kUtf8));
  EXPECT_FALSE(parse_original_recipient(spelt_out(501), Charset::kUtf8));
}

}  // namespace
}  // namespace sealpost::smtp
