#include "smtp/transcript.h"

#include <gtest/gtest.h>

namespace sealpost::smtp {
namespace {

using Kind = TranscriptStep::Kind;
using Match = TranscriptStep::Match;

std::string error_of(std::string_view file) {
  const auto transcript = parse_transcript(file);
  return transcript ? "" : transcript.error().text;
}

TEST(Transcript, ReadsADialogueInOrder) {
  const auto transcript = parse_transcript(
      "# RFC 5321 §3.1: opening\n\ngiven: service submission\nS: 220 *\nC: STARTTLS\nS: 220 go\n< TLS handshake "
      ">\nC:\n< closed: quit >\n"
      "expect: nothing\n");
  ASSERT_TRUE(transcript) << transcript.error().text;
  EXPECT_EQ(transcript->title, "RFC 5321 §3.1: opening");
  ASSERT_EQ(transcript->givens.size(), 1U);
  EXPECT_EQ(transcript->givens[0].text, "service submission");
  ASSERT_EQ(transcript->steps.size(), 7U);
  EXPECT_EQ(transcript->steps[0].kind, Kind::kServer);
  EXPECT_EQ(transcript->steps[0].line, 4U);
  EXPECT_EQ(transcript->steps[0].match, Match::kPrefix);
  EXPECT_EQ(transcript->steps[1].text, "STARTTLS\r\n");
  EXPECT_EQ(transcript->steps[3].kind, Kind::kTls);
  EXPECT_EQ(transcript->steps[4].text, "\r\n");
  EXPECT_EQ(transcript->steps[5].text, "quit");
  EXPECT_EQ(transcript->steps[6].kind, Kind::kExpect);
}

TEST(Transcript, MatchesALineItsBeginningOrAWholeReply) {
  const auto transcript = parse_transcript("# t\nS: 250 Ok\nS: 250 *\nS: 250 ...\nS: 250 Ok \\*\n");
  ASSERT_TRUE(transcript);
  const auto& steps = transcript->steps;
  EXPECT_TRUE(steps[0].matches("250 Ok"));
  EXPECT_FALSE(steps[0].matches("250 Ok."));
  EXPECT_TRUE(steps[1].matches("250 anything"));
  EXPECT_FALSE(steps[1].matches("250-anything"));
  EXPECT_EQ(steps[2].match, Match::kReply);
  EXPECT_TRUE(steps[2].matches("250-anything"));
  EXPECT_TRUE(steps[2].matches("250 anything"));
  EXPECT_FALSE(steps[2].matches("251 anything"));
  EXPECT_TRUE(steps[3].matches("250 Ok *"));
  EXPECT_FALSE(steps[3].matches("250 Ok anything"));
}

TEST(Transcript, ExpandsEscapes) {
  EXPECT_EQ(*expand_transcript_escapes(R"(a\r\n\t\\\*\x41\xfF)"), "a\r\n\t\\*A\xFF");
  EXPECT_EQ(*expand_transcript_escapes(R"(\0)"), std::string(1, '\0'));
  EXPECT_EQ(*expand_transcript_escapes(R"(\b64{\0tim\0tanstaaftanstaaf})"), "AHRpbQB0YW5zdGFhZnRhbnN0YWFm");
  EXPECT_EQ(*expand_transcript_escapes(R"(<\{ab*3}>)"), "<ababab>");
  EXPECT_EQ(*expand_transcript_escapes(R"(\b64{\{a*4}})"), "YWFhYQ==");
  for (const char* text :
       {R"(\)", R"(\q)", R"(\x4)", R"(\xzz)", R"(\b64{abc)", R"(\{abc})", R"(\{a*9999999999})", R"(\{a*9000000})"})
    EXPECT_FALSE(expand_transcript_escapes(text)) << text;
}

TEST(Transcript, SendsNoLineEndAfterABackslashAndAMinus) {
  const auto transcript = parse_transcript("# title\nC: abc\\-\nC: x\\\\-\n");
  ASSERT_TRUE(transcript);
  EXPECT_EQ(transcript->steps[0].text, "abc");
  EXPECT_EQ(transcript->steps[1].text, "x\\-\r\n");
}

TEST(Transcript, EscapesWhatItCannotPrint) {
  EXPECT_EQ(escape_for_transcript("a\r\n\\\x7F\xC3"), R"(a\r\n\\\x7F\xC3)");
}

TEST(Transcript, NamesTheLineOfAMistake) {
  EXPECT_TRUE(error_of("C: EHLO x\n").starts_with("line 1: the first line"));
  EXPECT_TRUE(error_of("# t\nC: EHLO x\nD: what\n").starts_with("line 3: a line begins"));
  EXPECT_TRUE(error_of("# t\nC: trailing \n").starts_with("line 2: white space"));
  EXPECT_TRUE(error_of("# t\nC: a\ngiven: late\n").starts_with("line 3: \"given:\""));
  EXPECT_TRUE(error_of("# t\n< lunch >\n").starts_with("line 2: the only events"));
  EXPECT_TRUE(error_of("# t\nC: \\q\n").starts_with("line 2: unknown escape"));
  EXPECT_EQ(error_of("# t\n"), "there is no dialogue in this file");
}

}  // namespace
}  // namespace sealpost::smtp
