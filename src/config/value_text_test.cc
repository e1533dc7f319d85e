#include "config/value_text.h"

#include <gtest/gtest.h>

#include "config/check.h"
#include "config/configuration.h"

namespace sealpost::config {
namespace {

TEST(Duration, IsWholeNumbersWithUnitsLargerOnesFirst) {
  EXPECT_EQ(parse_duration("90s"), 90);
  EXPECT_EQ(parse_duration("1h30m"), 5400);
  EXPECT_EQ(parse_duration("5d"), 432'000);
  EXPECT_EQ(parse_duration("2w"), 1'209'600);
  for (const char* text :
       {"", "5", "m", "5 m", "1.5h", "-5m", "30m1h", "5m5m", "5min", "99999999999999999999s", "9223372036854775807d"})
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
}

TEST(Duration, IsWrittenAsItIsRead) {
  for (const std::int64_t seconds : {0, 1, 59, 60, 90, 3600, 5400, 86'400, 432'000, 1'209'601})
    EXPECT_EQ(parse_duration(format_duration(seconds)), seconds);
  EXPECT_EQ(format_duration(432'000), "5d");
}

TEST(Size, HasABinaryUnit) {
  EXPECT_EQ(parse_size("50MiB"), 52'428'800);
  EXPECT_EQ(parse_size("1000B"), 1000);
  for (const char* text : {"", "50", "50MB", "50M", "MiB", "50 MiB", "1.5MiB", "-1B", "9223372036854775807KiB"})
    EXPECT_EQ(parse_size(text), std::nullopt) << text;
  EXPECT_EQ(format_size(52'428'800), "50MiB");
  EXPECT_EQ(format_size(52'428'801), "52428801B");
  EXPECT_EQ(format_size(0), "0B");
}

TEST(StringLiteral, EscapesWhatTomlAndJsonForbid) {
  EXPECT_EQ(string_literal("a\"b\\c"), R"("a\"b\\c")");
  EXPECT_EQ(string_literal(std::string_view("\r\n\0\x1b\x7f", 5)), R"("\u000D\u000A\u0000\u001B\u007F")");
  EXPECT_EQ(string_literal("bücher"), "\"bücher\"");
  EXPECT_EQ(string_literal("b\xff"), "\"b?\"");
}

TEST(Endpoint, IsANumericAddressWithAPort) {
  EXPECT_EQ(Endpoint::parse("127.0.0.1:465"), (Endpoint{"127.0.0.1", 465}));
  EXPECT_EQ(Endpoint::parse("[::1]:465"), (Endpoint{"::1", 465}));
  EXPECT_EQ(Endpoint::parse("[::1]:465")->to_string(), "[::1]:465");
  EXPECT_EQ(Endpoint::parse("0.0.0.0:65535")->port, 65535);
  for (const char* text : {"", ":465", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:4 ",
                           "127.0.0.1:+4", "::1:465", "[127.0.0.1]:465", "[::1:465", "localhost:465", "127.1:465"})
    EXPECT_EQ(Endpoint::parse(text), std::nullopt) << text;
}

TEST(HostName, HasLabelsOfLettersDigitsAndHyphens) {
  for (const std::string& name : {std::string("a"), std::string("mail.example.com"),
                                  std::string("xn--bcher-kva.example"), std::string("3com.com"), std::string(63, 'a')})
    EXPECT_TRUE(is_host_name(name)) << name;
  for (const std::string& name :
       {std::string(), std::string("."), std::string("a."), std::string(".a"), std::string("a..b"), std::string("-a"),
        std::string("a-"), std::string("a-.b"), std::string("a_b"), std::string("a b"), std::string("bücher.example"),
        std::string("127.0.0.1"), std::string(64, 'a')})
    EXPECT_FALSE(is_host_name(name)) << name;
  std::string longest;
  while (longest.size() < 252) longest += "a.";
  EXPECT_TRUE(is_host_name(longest + "a"));
  EXPECT_FALSE(is_host_name(longest + "aa"));
}

TEST(Patterns, CoverWhatTheyMatch) {
  EXPECT_TRUE(covers("*", "example.com"));
  EXPECT_TRUE(covers("*", "*.example.com"));
  EXPECT_TRUE(covers("*.example.com", "a.example.com"));
  EXPECT_TRUE(covers("*.example.com", "*.a.example.com"));
  EXPECT_TRUE(covers("example.com", "example.com"));
  EXPECT_FALSE(covers("*.example.com", "example.com"));
  EXPECT_FALSE(covers("*.example.com", "anexample.com"));
  EXPECT_FALSE(covers("example.com", "*.example.com"));
  EXPECT_FALSE(covers("*.com", "*"));
}

}  // namespace
}  // namespace sealpost::config
