#include "delivery/smtp_agent.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "delivery/loopback_server_for_test.h"
#include "message/string_body_source.h"
#include "net/certificates_for_test.h"

namespace sealpost::delivery {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

constexpr std::string_view kContent = "Subject: hello\r\n\r\n.a dot\r\nHello.\r\n";

smtp::Envelope envelope_for(const std::vector<std::string>& recipients) {
  smtp::Envelope envelope;
  envelope.reverse_path = smtp::Mailbox::parse("ann@example.com", smtp::Charset::kAscii);
  for (const auto& recipient : recipients)
    envelope.recipients.push_back({smtp::Mailbox::parse(recipient, smtp::Charset::kAscii).value(), {}});
  return envelope;
}

class SmtpAgentTest : public testing::Test {
 protected:
  SmtpAgentTest() {
    route_.host = "127.0.0.1";
    route_.port = server_.port();
    route_.tls = RouteTls::kNone;
  }
  ~SmtpAgentTest() override {
    if (channel_) channel_->close();
    channel_.reset();
    server_.stop();
    run(server_.tasks().join());
  }

  void make_certificate() {
    const auto key = net::make_ec_key();
    certificate_ = net::pem_of(net::make_certificate({}, key.get(), nullptr, nullptr).get());
    net::ServerTlsOptions options;
    options.certificate_file = directory_.write("cert.pem", certificate_);
    options.private_key_file = directory_.write("key.pem", net::pem_of(key.get()));
    options.listener_name = "test";
    tls_.emplace(net::ServerTlsContext::load(options).value());
    server_.tls = &*tls_;
    server_.hello = "250-mx.example.org\r\n250-STARTTLS\r\n250 PIPELINING\r\n";
    server_.hello_under_tls = "250-mx.example.org\r\n250 PIPELINING\r\n";
  }

  std::expected<void, smtp::Reply> open() {
    if (!agent_) agent_ = make_smtp_agent(route_, "client.example.com", deadlines_).value();
    channel_ = agent_->make_channel();
    return run(channel_->open());
  }
  TransactionResult deliver(const std::vector<std::string>& recipients, std::string_view content = kContent) {
    const smtp::Envelope envelope = envelope_for(recipients);
    message::StringBodySource body{std::string(content)};
    return run(
        channel_->deliver({.id = {1}, .envelope = &envelope, .size = body.size(), .is_8bit = false, .body = &body}));
  }

  template <class T>
  T run(net::Task<T> task) {
    std::optional<T> answer;
    net::asio::co_spawn(context_, std::move(task),
                        [&](std::exception_ptr, T value) { answer.emplace(std::move(value)); });
    context_.restart();
    while (!answer && context_.run_one_for(10s) > 0) {
    }
    EXPECT_TRUE(answer.has_value());
    return std::move(*answer);
  }
  void run(net::Task<> task) {
    bool is_over = false;
    net::asio::co_spawn(context_, std::move(task), [&](std::exception_ptr) { is_over = true; });
    context_.restart();
    while (!is_over && context_.run_one_for(10s) > 0) {
    }
    EXPECT_TRUE(is_over);
  }

  net::TemporaryDirectory directory_;
  net::asio::io_context context_;
  net::asio::executor_work_guard<net::asio::io_context::executor_type> work_{context_.get_executor()};
  LoopbackServer server_{context_};
  std::optional<net::ServerTlsContext> tls_;
  std::string certificate_;
  Route route_;
  SmtpDeadlines deadlines_;
  std::unique_ptr<Agent> agent_;
  std::unique_ptr<Channel> channel_;
};

TEST_F(SmtpAgentTest, CarriesManyTransactionsOverOneConnectionAndSaysQuit) {
  ASSERT_TRUE(open());
  for (int i = 0; i < 3; ++i) {
    const auto result = deliver({"bob@example.org"});
    ASSERT_THAT(result.per_recipient, SizeIs(1));
    EXPECT_EQ(result.per_recipient[0].to_line(), "250 2.0.0 taken");
    EXPECT_FALSE(result.is_final);
    EXPECT_TRUE(channel_->is_reusable());
  }
  run(channel_->quit());
  EXPECT_EQ(server_.connections, 1);
  EXPECT_THAT(server_.contents, ElementsAre("Subject: hello\r\n\r\n..a dot\r\nHello.", testing::_, testing::_));
  EXPECT_EQ(server_.commands.front(), "EHLO client.example.com");
  EXPECT_EQ(server_.commands.back(), "QUIT");
}

TEST_F(SmtpAgentTest, WritesTheCommandsOfATransactionAtOnceWhereTheServerPipelines) {
  ASSERT_TRUE(open());
  const int reads_before = server_.reads;
  deliver({"a@example.org", "b@example.org"});
  EXPECT_EQ(server_.reads - reads_before, 2);  // MAIL, RCPT, RCPT, DATA; then the content
}

TEST_F(SmtpAgentTest, GivesEveryRecipientItsOwnReply) {
  server_.answers["RCPT TO:<b@"] = "550 5.1.1 no such mailbox\r\n";
  ASSERT_TRUE(open());
  const auto result = deliver({"a@example.org", "b@example.org", "c@example.org"});
  ASSERT_THAT(result.per_recipient, SizeIs(3));
  EXPECT_EQ(result.per_recipient[0].code, 250);
  EXPECT_EQ(result.per_recipient[1].to_line(), "550 5.1.1 no such mailbox");
  EXPECT_EQ(result.per_recipient[2].code, 250);
  EXPECT_TRUE(channel_->is_reusable());
}

TEST_F(SmtpAgentTest, AnUnreachableHostIsATransientFailure) {
  server_.stop();
  const auto opened = open();
  ASSERT_FALSE(opened);
  EXPECT_TRUE(opened.error().is_transient_failure());
  EXPECT_THAT(opened.error().text, HasSubstr("smtp:127.0.0.1:"));
}

TEST_F(SmtpAgentTest, AServerThatRefusesUsSaysNothingAboutTheMessage) {
  server_.greeting = "554 5.7.1 go away\r\n";
  const auto opened = open();
  ASSERT_FALSE(opened);
  EXPECT_TRUE(opened.error().is_transient_failure());
  EXPECT_THAT(opened.error().text, HasSubstr("554 5.7.1 go away"));
}

TEST_F(SmtpAgentTest, AConnectionLostBeforeAnyReplyLeavesTheMessageUntouched) {
  server_.answers["MAIL"] = "";
  ASSERT_TRUE(open());
  const auto result = deliver({"bob@example.org"});
  EXPECT_TRUE(result.is_untouched);
  EXPECT_TRUE(result.per_recipient.at(0).is_transient_failure());
  EXPECT_FALSE(channel_->is_reusable());
}

TEST_F(SmtpAgentTest, AConnectionLostAfterTheContentMayHaveDelivered) {
  server_.is_silent_after_content = true;
  ASSERT_TRUE(open());
  const auto result = deliver({"bob@example.org"});
  EXPECT_FALSE(result.is_untouched);
  EXPECT_TRUE(result.per_recipient.at(0).is_transient_failure());
  EXPECT_TRUE(result.is_in_our_words);
}

TEST_F(SmtpAgentTest, ARefusalHeardBeforeTheConnectionWasLostStands) {
  server_.answers["RCPT TO:<b@"] = "550 5.1.1 no such mailbox\r\n";
  server_.is_silent_after_content = true;
  ASSERT_TRUE(open());
  const auto result = deliver({"a@example.org", "b@example.org"});
  EXPECT_TRUE(result.per_recipient.at(0).is_transient_failure());
  EXPECT_EQ(result.per_recipient.at(1).code, 550);
}

TEST_F(SmtpAgentTest, AConnectionIsNotUsedAgainAfter421) {
  server_.after_content = {"421 4.3.2 closing\r\n"};
  ASSERT_TRUE(open());
  EXPECT_EQ(deliver({"bob@example.org"}).per_recipient.at(0).code, 421);
  EXPECT_FALSE(channel_->is_reusable());
}

class BrokenBody : public message::BodySource {
 public:
  Bytes size() const override { return {100}; }
  Result<std::string_view> next() override {
    if (std::exchange(is_begun_, true)) return fail(Fault::kCorruption, "the stored content is damaged");
    return "Subject: half\r\n\r\nthe first line\r\n";
  }
  Result<void> rewind() override { return {}; }

 private:
  bool is_begun_ = false;
};

TEST_F(SmtpAgentTest, HalfAMessageNeverLooksLikeAWholeOne) {
  ASSERT_TRUE(open());
  const smtp::Envelope envelope = envelope_for({"bob@example.org"});
  BrokenBody body;
  const auto result =
      run(channel_->deliver({.id = {1}, .envelope = &envelope, .size = body.size(), .is_8bit = false, .body = &body}));
  EXPECT_TRUE(result.per_recipient.at(0).is_transient_failure());
  EXPECT_THAT(result.per_recipient.at(0).text, HasSubstr("damaged"));
  EXPECT_FALSE(channel_->is_reusable());
  server_.stop();
  run(server_.tasks().join());
  EXPECT_THAT(server_.contents, IsEmpty());
}

TEST_F(SmtpAgentTest, LmtpAnswersForEveryRecipientAndIsFinal) {
  route_.kind = RouteKind::kLmtp;
  server_.replies_after_content = 2;
  server_.after_content = {"250 2.0.0 saved\r\n", "452 4.2.2 mailbox full\r\n"};
  ASSERT_TRUE(open());
  const auto result = deliver({"a@example.org", "b@example.org"});
  EXPECT_EQ(result.per_recipient.at(0).to_line(), "250 2.0.0 saved");
  EXPECT_EQ(result.per_recipient.at(1).to_line(), "452 4.2.2 mailbox full");
  EXPECT_TRUE(result.is_final);
  EXPECT_EQ(server_.commands.front(), "LHLO client.example.com");
}

TEST_F(SmtpAgentTest, ASilentServerIsGivenUpAtTheDeadline) {
  server_.greeting = "220-still\r\n";
  deadlines_.greeting = 1ms;
  const auto opened = open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().enhanced_code, (smtp::EnhancedCode{4, 4, 1}));
}

TEST_F(SmtpAgentTest, CloseEndsARunningTransaction) {
  server_.answers["RCPT"] = "250-never\r\n";
  server_.answers["DATA"] = "250-ends\r\n";
  ASSERT_TRUE(open());
  const smtp::Envelope envelope = envelope_for({"bob@example.org"});
  message::StringBodySource body{std::string(kContent)};
  std::optional<TransactionResult> result;
  net::asio::co_spawn(
      context_,
      channel_->deliver({.id = {1}, .envelope = &envelope, .size = body.size(), .is_8bit = false, .body = &body}),
      [&](std::exception_ptr, TransactionResult value) { result = std::move(value); });
  context_.restart();
  context_.poll();
  EXPECT_FALSE(result);
  channel_->close();
  while (!result && context_.run_one_for(10s) > 0) {
  }
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->per_recipient.at(0).is_transient_failure());
}

TEST_F(SmtpAgentTest, AMessageThatTheServerCannotTakeFailsAndTheConnectionGoesOn) {
  server_.hello = "250-mx.example.org\r\n250 SIZE 30\r\n";
  ASSERT_TRUE(open());
  EXPECT_EQ(deliver({"bob@example.org"}, std::string(29, 'x') + "\r\n").per_recipient.at(0).code, 552);
  EXPECT_EQ(deliver({"bob@example.org"}, std::string(28, 'x') + "\r\n").per_recipient.at(0).code, 250);
}

// ---- TLS

TEST_F(SmtpAgentTest, OpportunisticUsesTlsWithAnyCertificate) {
  make_certificate();
  route_.tls = RouteTls::kOpportunistic;
  ASSERT_TRUE(open());
  EXPECT_EQ(deliver({"bob@example.org"}).per_recipient.at(0).code, 250);
  EXPECT_THAT(server_.commands, Contains("STARTTLS"));
  EXPECT_EQ(server_.connections, 1);
}

TEST_F(SmtpAgentTest, OpportunisticFallsBackToANewConnectionInTheClear) {
  make_certificate();
  server_.breaks_handshake = true;
  route_.tls = RouteTls::kOpportunistic;
  ASSERT_TRUE(open());
  EXPECT_EQ(deliver({"bob@example.org"}).per_recipient.at(0).code, 250);
  EXPECT_EQ(server_.connections, 2);
}

TEST_F(SmtpAgentTest, RequiredDoesNotDeliverWithoutTls) {
  route_.tls = RouteTls::kRequired;
  const auto opened = open();
  ASSERT_FALSE(opened);
  EXPECT_TRUE(opened.error().is_transient_failure());
  EXPECT_THAT(server_.commands, Not(Contains(StartsWith("MAIL"))));
}

TEST_F(SmtpAgentTest, RequiredRefusesACertificateThatNobodyVouchesFor) {
  make_certificate();
  route_.tls = RouteTls::kRequired;
  const auto opened = open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(server_.connections, 1);
  EXPECT_THAT(server_.commands, Not(Contains(StartsWith("MAIL"))));
}

TEST_F(SmtpAgentTest, RequiredDeliversWhenTheCertificateIsTrusted) {
  make_certificate();
  route_.tls = RouteTls::kRequired;
  route_.ca_file = directory_.write("ca.pem", certificate_);
  const auto opened = open();
  ASSERT_TRUE(opened) << opened.error().to_line();
  EXPECT_EQ(deliver({"bob@example.org"}).per_recipient.at(0).code, 250);
}

TEST_F(SmtpAgentTest, ImplicitSpeaksTlsFromTheFirstOctetAndVerifies) {
  make_certificate();
  server_.begins_with_tls = true;
  server_.hello = server_.hello_under_tls;
  route_.tls = RouteTls::kImplicit;
  ASSERT_FALSE(open());
  agent_.reset();
  route_.ca_file = directory_.write("ca.pem", certificate_);
  const auto opened = open();
  ASSERT_TRUE(opened) << opened.error().to_line();
  EXPECT_EQ(deliver({"bob@example.org"}).per_recipient.at(0).code, 250);
}

TEST_F(SmtpAgentTest, ARouteThatCannotWorkIsAConfigurationError) {
  const auto fault_of = [](const Route& route) {
    const auto agent = make_smtp_agent(route, "client.example.com");
    return agent ? std::string() : agent.error().text;
  };
  Route route;
  EXPECT_THAT(fault_of(route), HasSubstr("host"));
  route.host = "127.0.0.1";
  route.tls = RouteTls::kNone;
  EXPECT_EQ(fault_of(route), "");
  route.username = "ann";
  EXPECT_THAT(fault_of(route), HasSubstr("password"));
  route.may_auth_without_tls_insecure = true;
  EXPECT_EQ(fault_of(route), "");
  route.unix_socket = "/run/lmtp";
  EXPECT_THAT(fault_of(route), HasSubstr("LMTP"));
}

}  // namespace
}  // namespace sealpost::delivery
