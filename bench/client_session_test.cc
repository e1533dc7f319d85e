#include "client_session.h"

#include <gtest/gtest.h>

namespace sealpost::bench {
namespace {

class Owner : public SessionOwner {
 public:
  bool may_send() override { return may_send_; }
  std::uint64_t append_message(std::string& output) override {
    output += "body\r\n";
    return 7;
  }
  std::size_t message_size_bytes() const override { return 6; }
  void accepted(std::uint64_t message, std::string_view reply) override {
    accepted_.emplace_back(message, std::string(reply));
  }
  void refused(std::string kind) override { refused_.push_back(std::move(kind)); }

  bool may_send_ = true;
  std::vector<std::pair<std::uint64_t, std::string>> accepted_;
  std::vector<std::string> refused_;
};

class ClientSessionTest : public testing::Test {
 protected:
  /// What the session answers to `replies`.
  std::string answer(std::string replies) {
    std::string output;
    input_ += replies;
    session_.advance(input_, output);
    return output;
  }
  ClientSessionTest() { settings_.messages = 2; }
  void greet(std::string_view extensions = "250-host\r\n250-CHUNKING\r\n250 PIPELINING\r\n") {
    EXPECT_EQ(answer("220 host\r\n"), "EHLO load.invalid\r\n");
    first_group_ = answer(std::string(extensions));
  }

  LoadSettings settings_;
  Owner owner_;
  std::string input_;
  std::string first_group_;
  ClientSession session_{settings_, owner_, 0};
};

}  // namespace

TEST_F(ClientSessionTest, SendsTheEnvelopeInOneGroupAndTheBodyAfter354) {
  greet();
  EXPECT_EQ(first_group_, "MAIL FROM:<ann@example.com> SIZE=6\r\nRCPT TO:<recipient@another.example>\r\nDATA\r\n");
  EXPECT_EQ(answer("250 ok\r\n250 ok\r\n"), "");
  EXPECT_FALSE(session_.awaits_final());
  EXPECT_EQ(answer("354 go\r\n"), "body\r\n.\r\n");
  EXPECT_TRUE(session_.awaits_final());
  EXPECT_TRUE(answer("250 queued as X\r\n").starts_with("MAIL FROM"));
  ASSERT_EQ(owner_.accepted_.size(), 1U);
  EXPECT_EQ(owner_.accepted_[0].first, 7U);
}

TEST_F(ClientSessionTest, WaitsForEachReplyWithoutPipelining) {
  greet("250 host\r\n");
  EXPECT_EQ(first_group_, "MAIL FROM:<ann@example.com> SIZE=6\r\n");
  EXPECT_EQ(answer("250 ok\r\n"), "RCPT TO:<recipient@another.example>\r\n");
  EXPECT_EQ(answer("250 ok\r\n"), "DATA\r\n");
}

TEST_F(ClientSessionTest, SendsBdatWithItsEnvelope) {
  settings_.uses_bdat = true;
  greet();
  EXPECT_TRUE(first_group_.ends_with("BDAT 6 LAST\r\nbody\r\n"));
  EXPECT_TRUE(answer("250 ok\r\n250 ok\r\n250 queued\r\n").starts_with("MAIL FROM"));
  EXPECT_EQ(owner_.accepted_.size(), 1U);
}

TEST_F(ClientSessionTest, CountsARefusedRecipientOnceAndResets) {
  greet();
  EXPECT_EQ(answer("250 ok\r\n550 no\r\n503 no\r\n"), "RSET\r\n");
  EXPECT_TRUE(answer("250 ok\r\n").starts_with("MAIL FROM"));
  EXPECT_EQ(owner_.refused_, std::vector<std::string>{"RCPT 550"});
}

TEST_F(ClientSessionTest, NeverCountsA250BehindARefusedRecipientAsAccepted) {
  greet();
  EXPECT_EQ(answer("250 ok\r\n550 no\r\n354 go\r\n"), ".\r\n");
  EXPECT_EQ(answer("250 queued as X\r\n"), "RSET\r\n");
  EXPECT_TRUE(owner_.accepted_.empty());
}

TEST_F(ClientSessionTest, QuitsAfterItsLastMessage) {
  greet();
  answer("250 ok\r\n250 ok\r\n354 go\r\n");
  answer("250 one\r\n250 ok\r\n250 ok\r\n354 go\r\n");
  EXPECT_EQ(answer("250 two\r\n"), "QUIT\r\n");
  EXPECT_FALSE(session_.is_over());
  answer("221 bye\r\n");
  EXPECT_TRUE(session_.is_over());
  EXPECT_EQ(owner_.accepted_.size(), 2U);
}

TEST_F(ClientSessionTest, EndsAtARefusedLoginWithoutSendingMail) {
  settings_.user = "ann";
  settings_.password = "secret";
  greet();
  EXPECT_EQ(first_group_, "AUTH PLAIN AGFubgBzZWNyZXQ=\r\n");
  EXPECT_EQ(answer("535 5.7.8 no\r\n"), "");
  EXPECT_TRUE(session_.is_over());
  EXPECT_EQ(owner_.refused_, std::vector<std::string>{"AUTH 535"});
}

TEST_F(ClientSessionTest, StaysIdleAfterLoginWhenAskedTo) {
  settings_.idle = 1;
  greet();
  EXPECT_EQ(first_group_, "");
  EXPECT_TRUE(session_.is_ready());
}

TEST_F(ClientSessionTest, UnderstandsRepliesCutAnywhere) {
  std::string output;
  for (const char c : std::string("220-host\r\n220 host\r\n250-host\r\n250 PIPELINING\r\n"))
    output += answer(std::string(1, c));
  EXPECT_TRUE(output.ends_with("DATA\r\n"));
}

}  // namespace sealpost::bench
