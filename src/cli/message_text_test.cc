#include "cli/message_text.h"

#include <gtest/gtest.h>

namespace sealpost::cli {
namespace {

TEST(MessageText, MakesEveryLineEndCrlf) {
  EXPECT_EQ(with_crlf("a\nb\r\n\n.").value(), "a\r\nb\r\n\r\n.\r\n");
  EXPECT_EQ(with_crlf("").value(), "");
}

TEST(MessageText, NamesTheLineOfABareCrAndOfANul) {
  EXPECT_NE(with_crlf("one\ntwo\rthree").error().text.find("line 2"), std::string::npos);
  EXPECT_NE(with_crlf(std::string_view("a\0", 2)).error().text.find("NUL"), std::string::npos);
  EXPECT_FALSE(with_crlf("ends in CR\r"));
}

TEST(MessageText, EncodesASubjectThatIsNotAscii) {
  std::string subject;
  for (int i = 0; i < 40; ++i) subject += "\xC3\xA9";
  const auto text = compose({"a@example.com",
                             {"b@example.com", "c@example.com"},
                             subject,
                             {"X-Test: 1"},
                             "Gr\xC3\xBC\xC3\x9F"
                             "e\n"})
                        .value();
  EXPECT_NE(text.find("To: b@example.com,\r\n\tc@example.com\r\n"), std::string::npos);
  EXPECT_NE(text.find("?=\r\n =?UTF-8?B?"), std::string::npos);
  EXPECT_NE(text.find("charset=utf-8"), std::string::npos);
  EXPECT_TRUE(
      text.ends_with("\r\n\r\nGr\xC3\xBC\xC3\x9F"
                     "e\r\n"));
}

TEST(MessageText, RefusesAHeaderThatIsNone) {
  for (const char* header : {"no colon", ": no name", "two words: x", "X: a\r\nBcc: evil@example.com"})
    EXPECT_FALSE(compose({"a@b.example", {"c@d.example"}, "s", {header}, ""})) << header;
}

}  // namespace
}  // namespace sealpost::cli
