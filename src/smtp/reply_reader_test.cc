#include "smtp/reply_reader.h"

#include <vector>

#include <gtest/gtest.h>

namespace sealpost::smtp {
namespace {

using Status = ReplyReader::Status;

/// Everything that comes out of `input`, fed in pieces of `piece_size`.
std::vector<Reply> read_all(std::string_view input, std::size_t piece_size, std::string* complaint = nullptr) {
  ReplyReader reader;
  std::vector<Reply> replies;
  for (std::size_t at = 0; at < input.size(); at += piece_size) {
    reader.feed(input.substr(at, piece_size));
    Reply reply;
    Status status;
    while ((status = reader.next(reply)) == Status::kReply) replies.push_back(reply);
    if (status == Status::kMalformed && complaint != nullptr) *complaint = reader.complaint();
  }
  return replies;
}

TEST(ReplyReader, ReadsSingleAndMultiLineReplies) {
  const std::string_view input =
      "220 mail.example.com ESMTP\r\n250-mx\r\n250-PIPELINING\r\n250 8BITMIME\r\n250\r\n354 \r\n";
  const std::vector<Reply> expected = {
      {220, {}, "mail.example.com ESMTP"}, {250, {}, "mx\nPIPELINING\n8BITMIME"}, {250, {}, ""}, {354, {}, ""}};
  for (std::size_t piece_size = 1; piece_size <= input.size(); ++piece_size)
    EXPECT_EQ(read_all(input, piece_size), expected);
}

TEST(ReplyReader, TakesTheEnhancedCodeOffEveryLine) {
  EXPECT_EQ(read_all("550-5.1.1 No such user\r\n550 5.1.1 here\r\n", 99),
            (std::vector<Reply>{{550, {5, 1, 1}, "No such user\nhere"}}));
  EXPECT_EQ(read_all("250 2.0.0\r\n", 99), (std::vector<Reply>{{250, {2, 0, 0}, ""}}));
}

TEST(ReplyReader, LeavesWhatOnlyResemblesAnEnhancedCode) {
  for (const std::string text : {"5.1 x", "5.1.1x", "4.1.1 x", "5.1234.1 x", "5..1 x", "55.1.1 x", "5.1.1.1 x"})
    EXPECT_EQ(read_all("550 " + text + "\r\n", 99), (std::vector<Reply>{{550, {}, text}})) << text;
  EXPECT_EQ(read_all("354 3.0.0 go\r\n", 99).at(0).enhanced_code, EnhancedCode{});
}

TEST(ReplyReader, LetsNoControlCharacterIntoTheText) {
  for (int octet = 0; octet < 256; ++octet) {
    if (octet == '\n') continue;
    const std::vector<Reply> replies = read_all(std::string("550 a") + static_cast<char>(octet) + "b\r\n", 99);
    ASSERT_EQ(replies.size(), 1u) << octet;
    const bool is_plain = octet >= 0x20 && octet < 0x7F;
    const std::string kept = is_plain ? std::string(1, static_cast<char>(octet)) : octet == '\t' ? " " : "?";
    EXPECT_EQ(replies[0].text, "a" + kept + "b") << octet;
  }
  EXPECT_EQ(printable("\xC3\xA9"), "\xC3\xA9");
  EXPECT_EQ(printable("\xC2\x9B"
                      "31m\xC2\xA0"),
            "??31m\xC2\xA0");
  EXPECT_EQ(printable("\xC3\xA9\xFF"), "???");
}

TEST(ReplyReader, RefusesWhatIsNoReply) {
  for (const std::string line :
       {"", "25", "250x hello", "150 early", "650 x", "2a0 x", "hello", "250_x", " 250 x", "\xFF"}) {
    std::string complaint;
    EXPECT_TRUE(read_all(line + "\r\n", 99, &complaint).empty()) << line;
    EXPECT_FALSE(complaint.empty()) << line;
  }
}

TEST(ReplyReader, RefusesBareLineFeedAndMixedCodes) {
  std::string complaint;
  EXPECT_TRUE(read_all("250 ok\n", 99, &complaint).empty());
  EXPECT_EQ(complaint, "a reply line that ends in LF without CR");
  EXPECT_TRUE(read_all("250-a\r\n550 b\r\n", 99, &complaint).empty());
  EXPECT_EQ(complaint, "a reply whose lines have different codes");
}

TEST(ReplyReader, StaysMalformed) {
  ReplyReader reader;
  Reply reply;
  reader.feed("nonsense\r\n");
  EXPECT_EQ(reader.next(reply), Status::kMalformed);
  reader.feed("250 ok\r\n");
  EXPECT_EQ(reader.next(reply), Status::kMalformed);
}

TEST(ReplyReader, TakesTheLongestLineAndNoneLonger) {
  const std::string longest = "250 " + std::string(kReplyLineMax - 6, 'x') + "\r\n";
  const std::string longer = "250 " + std::string(kReplyLineMax - 5, 'x') + "\r\n";
  for (const std::size_t piece_size : {std::size_t{1}, std::size_t{100'000}}) {
    std::string complaint;
    EXPECT_EQ(read_all(longest, piece_size, &complaint).size(), 1u);
    EXPECT_EQ(complaint, "");
    EXPECT_EQ(read_all(longer, piece_size, &complaint).size(), 0u);
    EXPECT_EQ(complaint, "a reply line longer than 4096 octets");
  }
}

TEST(ReplyReader, TakesTheMostLinesAndNoMore) {
  std::string lines;
  for (std::size_t i = 0; i + 1 < kReplyLinesMax; ++i) lines += "250-x\r\n";
  std::string complaint;
  EXPECT_EQ(read_all(lines + "250 x\r\n", 7, &complaint).size(), 1u);
  EXPECT_EQ(complaint, "");
  EXPECT_EQ(read_all(lines + "250-x\r\n250 x\r\n", 7, &complaint).size(), 0u);
  EXPECT_EQ(complaint, "a reply of more than 128 lines");
}

TEST(ReplyReader, KnowsWhetherInputIsLeft) {
  ReplyReader reader;
  Reply reply;
  reader.feed("220 go\r\n");
  EXPECT_EQ(reader.next(reply), Status::kReply);
  EXPECT_FALSE(reader.has_input_left());
  reader.feed("220 go\r\n2");
  EXPECT_EQ(reader.next(reply), Status::kReply);
  EXPECT_TRUE(reader.has_input_left());
}

}  // namespace
}  // namespace sealpost::smtp
