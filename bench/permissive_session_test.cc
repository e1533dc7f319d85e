#include "permissive_session.h"

#include <vector>

#include <gtest/gtest.h>

namespace sealpost::bench {
namespace {

using Event = PermissiveSession::Event;

struct Outcome {
  std::vector<std::string> bodies;
  std::string output;
  bool is_closed = false;
  bool operator==(const Outcome&) const = default;
};

/// Plays `dialogue` in pieces of `piece` octets, accepting everything.
Outcome play(std::string_view dialogue, std::size_t piece) {
  PermissiveSession session(false);
  Outcome outcome;
  std::string input;
  while (!dialogue.empty() && !outcome.is_closed) {
    input.append(dialogue.substr(0, piece));
    dialogue.remove_prefix(std::min(piece, dialogue.size()));
    for (Event event = session.advance(input, outcome.output); event != Event::kNeedInput && !outcome.is_closed;
         event = session.advance(input, outcome.output)) {
      if (event == Event::kRecipient) session.accept_recipient(outcome.output);
      if (event == Event::kMessage) {
        outcome.bodies.push_back(session.body());
        session.finish_message("250 2.0.0 Ok", outcome.output);
      }
      if (event == Event::kClose) outcome.is_closed = true;
    }
  }
  return outcome;
}

constexpr std::string_view kTwoMessages =
    "EHLO client.example\r\n"
    "MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n"
    "Subject: one\r\n\r\n..stuffed\r\nline.\r\n.\r\n"
    "MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nBDAT 5\r\nabcde"
    "BDAT 5 LAST\r\n\r\n.\r\nQUIT\r\n";

}  // namespace

TEST(PermissiveSession, TakesDataAndBdatInOnePipelinedStream) {
  const Outcome outcome = play(kTwoMessages, kTwoMessages.size());
  ASSERT_EQ(outcome.bodies.size(), 2U);
  EXPECT_EQ(outcome.bodies[0], "Subject: one\r\n\r\n..stuffed\r\nline.\r\n");
  EXPECT_EQ(outcome.bodies[1], "abcde\r\n.\r\n");
  EXPECT_TRUE(outcome.is_closed);
}

TEST(PermissiveSession, AnswersTheSameHoweverTheBytesAreCut) {
  const Outcome whole = play(kTwoMessages, kTwoMessages.size());
  for (std::size_t piece = 1; piece < 64; ++piece) EXPECT_EQ(play(kTwoMessages, piece), whole) << piece;
}

TEST(PermissiveSession, EndsDataOnlyAtCrlfDotCrlf) {
  // RFC 5321 §2.3.8: a bare LF ends nothing.
  const Outcome outcome = play(
      "MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n"
      "one\n.\ntwo\n.\r\nthree\r\n.\nfour\r\n.\r\n",
      7);
  ASSERT_EQ(outcome.bodies.size(), 1U);
  EXPECT_EQ(outcome.bodies[0], "one\n.\ntwo\n.\r\nthree\r\n.\nfour\r\n");
}

TEST(PermissiveSession, TakesAnEmptyMessage) {
  const Outcome outcome = play("MAIL FROM:<>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n.\r\n", 100);
  ASSERT_EQ(outcome.bodies.size(), 1U);
  EXPECT_EQ(outcome.bodies[0], "");
}

TEST(PermissiveSession, RefusesDataWithoutARecipient) {
  const Outcome outcome = play("MAIL FROM:<>\r\nDATA\r\nNOOP\r\n", 100);
  EXPECT_NE(outcome.output.find("503"), std::string::npos);
  EXPECT_TRUE(outcome.bodies.empty());
}

TEST(PermissiveSession, OffersStarttlsOnceAndForgetsWhatCameBefore) {
  PermissiveSession session(true);
  std::string input = "EHLO a.example\r\nMAIL FROM:<>\r\nSTARTTLS\r\n";
  std::string output;
  EXPECT_EQ(session.advance(input, output), Event::kStartTls);
  EXPECT_NE(output.find("250-STARTTLS"), std::string::npos);
  session.secured();
  output.clear();
  input = "RCPT TO:<c@d.example>\r\nEHLO a.example\r\n";
  EXPECT_EQ(session.advance(input, output), Event::kNeedInput);
  EXPECT_TRUE(output.starts_with("503"));
  EXPECT_EQ(output.find("STARTTLS"), std::string::npos);
}

TEST(DotStuffing, IsRemovedOncePerLine) {
  EXPECT_EQ(without_dot_stuffing("..a\r\nb..\r\n...c\r\n"), ".a\r\nb..\r\n..c\r\n");
}

}  // namespace sealpost::bench
