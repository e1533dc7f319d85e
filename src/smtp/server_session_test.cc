// What transcripts cannot say about the server session: when it sends, what it asks, what watchers see, how it is
// stopped. The dialogues themselves are in tests/transcripts.
#include "smtp/server_session.h"

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "smtp/reply_catalogue.h"
#include "smtp/server/session.h"

namespace sealpost::smtp {
namespace {

constexpr std::string_view kLogin = "EHLO client.example.com\r\nAUTH PLAIN AGFubgBzZWNyZXQ=\r\n";  // ann, secret
constexpr std::string_view kEnvelope = "MAIL FROM:<ann@example.com>\r\nRCPT TO:<bob@example.net>\r\n";

struct Watcher final : SessionWatcher {
  void command(std::string_view line) override { lines.emplace_back(line); }
  void reply(const Reply& reply) override { lines.push_back("> " + reply.to_line()); }
  std::vector<std::string> lines;
};

/// A driver that says yes to everything and writes down each step.
class Driver {
 public:
  explicit Driver(Service service = Service::kSubmissions, bool greets = true) : Driver(options_of(service), greets) {}
  explicit Driver(ServerOptions options, bool greets = true) : options_(std::move(options)) {
    std::optional<TlsFacts> tls;
    if (options_.service == Service::kSubmissions) tls = TlsFactsForTest::make();
    session_ = std::make_unique<ServerSession>(options_, std::move(tls), greets, &watcher);
  }
  static ServerOptions options_of(Service service) {
    ServerOptions options;
    options.service = service;
    options.hostname = "mail.example.com";
    return options;
  }

  /// Feeds the octets and runs until the session wants more or ends.
  Driver& send(std::string_view octets) {
    run();
    if (octets.empty()) return *this;
    input_ = octets;
    session_->feed(input_);
    run();
    return *this;
  }
  Driver& run() {
    while (!is_over_) {
      const ServerStep step = session_->next();
      if (std::holds_alternative<NeedInput>(step)) break;
      act(step);
      if (is_paused_) break;
    }
    return *this;
  }
  /// Stop in front of the answer to the next Ask of this name.
  void pause_at(std::string name) { pause_at_ = std::move(name); }
  void answer(Answer answer) {
    is_paused_ = false;
    pause_at_.clear();
    session_->answer(std::move(answer));
    run();
  }

  ServerSession& session() { return *session_; }
  std::string take_output() { return std::exchange(output, {}); }

  Watcher watcher;
  std::vector<std::string> steps;
  std::vector<std::size_t> sends;  // size of each Send
  std::string output;
  std::string content;
  std::optional<CloseReason> close_reason;
  std::optional<Reply> content_refusal;
  std::string protocol_name;

 private:
  void act(const ServerStep& step) {
    if (const auto* send = std::get_if<Send>(&step)) {
      steps.emplace_back("Send");
      sends.push_back(send->octets.size());
      output.append(send->octets);
    } else if (const auto* piece = std::get_if<Content>(&step)) {
      steps.emplace_back("Content");
      content.append(piece->octets);
      if (content_refusal) session_->refuse_content(*std::exchange(content_refusal, std::nullopt));
    } else if (const auto* close = std::get_if<Close>(&step)) {
      steps.emplace_back("Close");
      close_reason = close->reason;
      is_over_ = true;
    } else if (std::holds_alternative<StartTls>(step)) {
      steps.emplace_back("StartTls");
      is_over_ = true;
    } else if (std::holds_alternative<Abandon>(step)) {
      steps.emplace_back("Abandon");
    } else {
      act_on_ask(step);
    }
  }

  void act_on_ask(const ServerStep& step) {
    std::string name;
    Answer yes = Allowed{};
    if (const auto* verify = std::get_if<AskVerify>(&step)) {
      name = "AskVerify " + std::string(verify->mechanism);
      yes = Verified{PrincipalForTest::make(verify->credentials.authcid)};
    } else if (const auto* sender = std::get_if<AskSender>(&step)) {
      name = "AskSender " + to_path(sender->reverse_path);
    } else if (const auto* recipient = std::get_if<AskRecipient>(&step)) {
      name = "AskRecipient " + to_path(recipient->recipient.forward_path);
    } else if (const auto* reserve = std::get_if<AskContent>(&step)) {
      name = "AskContent " + std::to_string(reserve->envelope.recipients.size());
      protocol_name = session_->protocol_name();
    } else if (const auto* accept = std::get_if<AskAccept>(&step)) {
      name = "AskAccept " + std::to_string(accept->envelope.recipients.size());
      const Envelope taken = std::move(accept->envelope);
      yes = Queued{{1}};
    }
    steps.push_back(name);
    if (!pause_at_.empty() && name.starts_with(pause_at_)) {
      is_paused_ = true;
      return;
    }
    session_->answer(std::move(yes));
  }

  ServerOptions options_;
  std::unique_ptr<ServerSession> session_;
  std::string input_;
  std::string pause_at_;
  bool is_paused_ = false;
  bool is_over_ = false;
};

std::string concat(std::initializer_list<std::string_view> parts) {
  std::string text;
  for (const auto part : parts) text.append(part);
  return text;
}

TEST(ServerSession, GreetsOnlyWhenToldTo) {
  EXPECT_EQ(Driver().send("").take_output(), "220 mail.example.com ESMTP Sealpost\r\n");
  EXPECT_EQ(Driver(Service::kSubmission, false).send("").take_output(), "");
}

TEST(ServerSession, AnswersAGroupInOneSend) {
  Driver driver;
  driver.send("").sends.clear();
  driver.send(concat({kLogin, kEnvelope, "DATA\r\n"}));
  EXPECT_EQ(driver.sends.size(), 1U);
  driver.sends.clear();
  driver.send("hello\r\n.\r\nQUIT\r\n");
  EXPECT_EQ(driver.sends.size(), 1U);
  EXPECT_EQ(driver.close_reason, CloseReason::kQuit);
}

TEST(ServerSession, SendsInBetweenWhenManyRepliesHaveGathered) {
  ServerOptions options = Driver::options_of(Service::kSubmissions);
  Driver driver(options);
  std::string group;
  for (int i = 0; i < 4000; ++i) group += "NOOP\r\n";
  driver.send("").sends.clear();
  driver.send(group);
  ASSERT_GT(driver.sends.size(), 1U);
  for (const std::size_t size : driver.sends) EXPECT_LT(size, server::kOutputMax + 512);
}

TEST(ServerSession, AsksInTheOrderOfTheTransaction) {
  Driver driver;
  driver.send("").steps.clear();
  driver.send(concat({kLogin, kEnvelope, "DATA\r\nhello\r\n.\r\n"}));
  EXPECT_EQ(driver.steps, (std::vector<std::string>{"AskVerify PLAIN", "AskSender <ann@example.com>",
                                                    "AskRecipient <bob@example.net>", "AskContent 1", "Content",
                                                    "AskAccept 1", "Send"}));
  EXPECT_EQ(driver.content, "hello\r\n");
}

TEST(ServerSession, ParsesNothingWhileAnAskIsOutstanding) {
  Driver driver;
  driver.pause_at("AskVerify");
  driver.send(concat({kLogin, kEnvelope}));
  EXPECT_EQ(driver.steps.back(), "AskVerify PLAIN");
  EXPECT_EQ(driver.watcher.lines.back(), "AUTH PLAIN ***");
  EXPECT_FALSE(driver.session().is_idle());
  driver.answer(Verified{PrincipalForTest::make("ann")});
  EXPECT_EQ(driver.session().principal()->name(), "ann");
  EXPECT_EQ(driver.watcher.lines.back(), "> 250 2.1.5 Ok");
}

TEST(ServerSession, ShowsWatchersNoSecret) {
  Driver driver;
  driver.send(
      "EHLO client.example.com\r\nauth login YW5u\r\n*\r\nAUTH PLAIN\r\nAGFubgBzZWNyZXQ\r\nAUTH "
      "GSSAPI\r\nAGFubgBzZWNyZXQ=\r\n"
      "NOOP\r\nAUTH PLAIN AGFubgBzZWNyZXQ=\r\n");
  std::vector<std::string> commands;
  for (const auto& line : driver.watcher.lines)
    if (!line.starts_with("> ")) commands.push_back(line);
  EXPECT_EQ(commands, (std::vector<std::string>{"EHLO client.example.com", "AUTH login ***", "*", "AUTH PLAIN", "***",
                                                "AUTH GSSAPI", "***", "NOOP", "AUTH PLAIN ***"}));
}

TEST(ServerSession, TellsTheWatcherEachReplyOnce) {
  Driver driver;
  driver.send("NOOP\r\nXYZZY\r\nQUIT\r\n");
  EXPECT_EQ(driver.watcher.lines,
            (std::vector<std::string>{"> 220 mail.example.com ESMTP Sealpost", "NOOP", "> 250 2.0.0 Ok", "XYZZY",
                                      "> 500 5.5.2 Command not recognized", "QUIT", "> 221 2.0.0 Bye"}));
}

TEST(ServerSession, IsIdleBetweenTransactionsOnly) {
  Driver driver;
  driver.send("");
  EXPECT_TRUE(driver.session().is_idle());
  driver.send("EH");
  EXPECT_FALSE(driver.session().is_idle());
  driver.send("LO client.example.com\r\n");
  EXPECT_TRUE(driver.session().is_idle());
  driver.send("AUTH LOGIN\r\n");
  EXPECT_FALSE(driver.session().is_idle());
  driver.send("YW5u\r\nc2VjcmV0\r\n");
  EXPECT_TRUE(driver.session().is_idle());
  driver.send(kEnvelope);
  EXPECT_FALSE(driver.session().is_idle());
  EXPECT_FALSE(driver.session().is_receiving_content());
  driver.send("DATA\r\n");
  EXPECT_TRUE(driver.session().is_receiving_content());
  driver.send("hello\r\n.\r\n");
  EXPECT_TRUE(driver.session().is_idle());
  driver.send(concat({kEnvelope, "BDAT 4\r\nab"}));
  EXPECT_TRUE(driver.session().is_receiving_content());
  driver.send("\r\n");
  EXPECT_FALSE(driver.session().is_receiving_content());
  driver.send("RSET\r\nBDAT 4\r\nab");
  EXPECT_FALSE(driver.session().is_receiving_content());
  EXPECT_FALSE(driver.session().is_idle());
}

TEST(ServerSession, ShutDownSaysItsReplyAndCloses) {
  Driver driver;
  driver.send("").take_output();
  driver.session().shut_down(catalogue::shutting_down());
  driver.session().shut_down(catalogue::timeout());
  driver.run();
  EXPECT_EQ(driver.output, "421 4.3.2 Server is shutting down, please try again later\r\n");
  EXPECT_EQ(driver.close_reason, CloseReason::kShutdown);
}

TEST(ServerSession, ShutDownWithinContentAbandonsIt) {
  Driver driver;
  driver.send(concat({kLogin, kEnvelope, "DATA\r\nhello\r\n"})).steps.clear();
  driver.session().shut_down(catalogue::timeout());
  driver.run();
  EXPECT_EQ(driver.steps, (std::vector<std::string>{"Abandon", "Send", "Close"}));
}

TEST(ServerSession, ShutDownWhileAnAskIsOutstandingNeedsNoAnswer) {
  Driver driver;
  driver.pause_at("AskAccept");
  driver.send(concat({kLogin, kEnvelope, "DATA\r\nhello\r\n.\r\n"}));
  driver.session().shut_down(catalogue::timeout());
  // AskAccept was reached: the content is not ours to abandon any more.
  EXPECT_TRUE(std::holds_alternative<Send>(driver.session().next()));
  EXPECT_TRUE(std::holds_alternative<Close>(driver.session().next()));
}

TEST(ServerSession, RefusedContentIsAbandonedAtOnceAndAnsweredAtItsEnd) {
  Driver driver;
  driver.send(concat({kLogin, kEnvelope, "DATA\r\n"})).steps.clear();
  driver.take_output();
  driver.content_refusal = catalogue::insufficient_storage();
  driver.send("one\r\n");
  EXPECT_EQ(driver.steps, (std::vector<std::string>{"Content", "Abandon"}));
  EXPECT_EQ(driver.output, "");
  driver.send("two\r\n.\r\n");
  EXPECT_EQ(driver.output, catalogue::insufficient_storage().to_line() + "\r\n");
  EXPECT_EQ(driver.content, "one\r\n");
}

TEST(ServerSession, RefusingTheLastPieceOfAChunkIsInTime) {
  Driver driver;
  driver.send(concat({kLogin, kEnvelope})).take_output();
  driver.content_refusal = catalogue::insufficient_storage();
  driver.send("BDAT 5 LAST\r\none\r\nNOOP\r\n");
  EXPECT_EQ(driver.output, catalogue::insufficient_storage().to_line() + "\r\n250 2.0.0 Ok\r\n");
}

TEST(ServerSession, ReadsRefusedContentUpToItsCapAndThenHangsUp) {
  for (const std::uint64_t over : {0U, 1U}) {
    Driver driver;
    driver.send(concat({kLogin})).take_output();
    const std::uint64_t size = server::kDiscardedContentMax.count + over;
    driver.send("BDAT " + std::to_string(size) + "\r\n");
    const std::string piece(ServerSession::kInputMax, 'a');
    for (std::uint64_t sent = 0; sent < size && !driver.close_reason;) {
      const auto now = std::min<std::uint64_t>(piece.size(), size - sent);
      driver.send(std::string_view(piece).substr(0, now));
      sent += now;
    }
    EXPECT_EQ(driver.output, catalogue::bad_sequence(Verb::kMail).to_line() + "\r\n");
    EXPECT_EQ(driver.close_reason.has_value(), over == 1);
  }
}

TEST(ServerSession, ReadsRefusedDataUpToTheSameCap) {
  ServerOptions options = Driver::options_of(Service::kSubmissions);
  options.size_max = {1000};
  for (const std::uint64_t over : {0U, 1U}) {
    Driver driver(options);
    driver.send(concat({kLogin, kEnvelope, "DATA\r\n"})).take_output();
    // The first piece breaks the limit and is not discarded but refused.
    driver.send(std::string(1001, 'a'));
    const std::string piece(ServerSession::kInputMax, 'a');
    for (std::uint64_t sent = 0; sent < server::kDiscardedContentMax.count; sent += piece.size()) driver.send(piece);
    EXPECT_EQ(driver.output, "");
    if (over == 1) {
      driver.send("a");
      EXPECT_EQ(driver.output, catalogue::message_too_big().to_line() + "\r\n");
      EXPECT_EQ(driver.close_reason, CloseReason::kTooManyErrors);
    }
  }
}

TEST(ServerSession, NamesTheProtocolAsRfc3848And6531Do) {
  const auto name_after = [](Service service, std::string_view dialogue) {
    Driver driver(service);
    driver.send(dialogue);
    return driver.protocol_name;
  };
  EXPECT_EQ(name_after(Service::kSubmissions, concat({kLogin, kEnvelope, "DATA\r\n"})), "ESMTPSA");
  EXPECT_EQ(
      name_after(Service::kSubmissions,
                 concat({kLogin, "MAIL FROM:<ann@example.com> SMTPUTF8\r\nRCPT TO:<bob@example.net>\r\nDATA\r\n"})),
      "UTF8SMTPSA");
  EXPECT_EQ(name_after(Service::kSmtp, concat({"EHLO x.example\r\n", kEnvelope, "DATA\r\n"})), "ESMTP");
  EXPECT_EQ(name_after(Service::kSmtp, concat({"HELO x.example\r\n", kEnvelope, "DATA\r\n"})), "SMTP");
  EXPECT_EQ(name_after(Service::kSmtp,
                       concat({"EHLO x.example\r\nMAIL FROM:<> SMTPUTF8\r\nRCPT TO:<bob@example.net>\r\nDATA\r\n"})),
            "UTF8SMTP");
}

TEST(ServerSession, AnIdleSessionIsSmall) {
  // Thousands wait at once. The two strings a session keeps are the client's name and at most 512 octets of output.
  EXPECT_LE(sizeof(server::Session), 1100U);
}

TEST(ServerSessionDeathTest, RefusesToExistWithoutTlsOnTheImplicitTlsService) {
  const ServerOptions options = Driver::options_of(Service::kSubmissions);
  EXPECT_DEATH(ServerSession(options, std::nullopt, true), "exists under TLS only");
}

TEST(ServerSessionDeathTest, RefusesAnAnswerThatNobodyAskedFor) {
  Driver driver;
  driver.send("");
  EXPECT_DEATH(driver.session().answer(Allowed{}), "an answer follows an Ask");
}

TEST(ServerSessionDeathTest, RefusesAnAnswerOfTheWrongKind) {
  Driver driver;
  driver.pause_at("AskVerify");
  driver.send(kLogin);
  EXPECT_DEATH(driver.session().answer(Allowed{}), "AskVerify is answered with Verified or a Reply");
}

}  // namespace
}  // namespace sealpost::smtp
