// Client and server session face to face: what one sends the other understands, whatever the network cuts it into. Each
// has tests of its own for what it must say; here neither knows the other's side of the script.
#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "smtp/client/client_dialogue.h"
#include "smtp/client_session.h"
#include "smtp/reply_catalogue.h"
#include "smtp/server_session.h"

namespace sealpost::smtp {
namespace {

using testing::make_envelope;

struct Message {
  Envelope envelope;
  std::string content;
};

/// Both sessions and the wires between them. The server lets "ann" with "secret" in, and does not know recipients in
/// nowhere.example.
class Pair {
 public:
  Pair(Service service, const ClientOptions& options, std::uint32_t seed)
      : random_(seed),
        is_secure_(service == Service::kSubmissions),
        client_(options, is_secure_ ? std::optional(TlsFactsForTest::make()) : std::nullopt) {
    server_options_.service = service;
    server_options_.hostname = "mail.example.com";
    start_server(true);
  }

  /// Sends the messages over one connection, says QUIT, and returns the outcome of each.
  std::vector<Outcome> send(const std::vector<Message>& messages) {
    to_send_ = &messages;
    for (int turns = 0; !is_client_over_ && turns < 100'000; ++turns) {
      run_client();
      run_server();
      carry(to_server_, server_input_);
      carry(to_client_, client_input_);
    }
    EXPECT_TRUE(is_client_over_);
    return outcomes_;
  }

  const std::vector<Message>& accepted() const { return accepted_; }
  const ClientClosed& closed() const { return closed_; }
  bool has_logged_in() const { return has_logged_in_; }

 private:
  void start_server(bool greets) {
    server_ = std::make_unique<ServerSession>(
        server_options_, is_secure_ ? std::optional(TlsFactsForTest::make()) : std::nullopt, greets);
  }

  void carry(std::string& from, std::string& to) {
    const std::size_t size = std::min<std::size_t>(from.size(), random_() % 3 == 0 ? 1 : 1 + random_() % 3000);
    to += from.substr(0, size);
    from.erase(0, size);
  }

  void run_client() {
    while (!is_client_over_) {
      ClientStep step = client_.next();
      if (const auto* send = std::get_if<ClientSend>(&step)) {
        to_server_ += send->octets;
      } else if (std::holds_alternative<ClientNeedInput>(step)) {
        if (client_input_.empty()) return;
        client_.feed(std::exchange(client_input_, {}));
      } else if (std::holds_alternative<ClientStartTls>(step)) {
        if (!is_server_in_handshake_) return;
        is_server_in_handshake_ = false;
        is_secure_ = true;
        start_server(false);
        client_.secured(TlsFactsForTest::make());
      } else if (std::holds_alternative<ClientReady>(step)) {
        next_message();
      } else if (std::holds_alternative<ClientNeedContent>(step)) {
        give_content();
      } else if (const auto* done = std::get_if<ClientTransactionDone>(&step)) {
        outcomes_.push_back(done->outcome);
      } else {
        closed_ = std::get<ClientClosed>(step);
        is_client_over_ = true;
      }
    }
  }

  void next_message() {
    if (outcomes_.size() == to_send_->size()) return client_.quit();
    const Message& message = (*to_send_)[outcomes_.size()];
    content_at_ = 0;
    const bool is_8bit =
        std::ranges::any_of(message.content, [](char c) { return static_cast<unsigned char>(c) > 127; });
    client_.begin({&message.envelope, {message.content.size()}, is_8bit});
  }

  void give_content() {
    const std::string& content = (*to_send_)[outcomes_.size()].content;
    const std::size_t size = std::min<std::size_t>(1 + random_() % 700, content.size() - content_at_);
    if (size == 0) return client_.end_of_content();
    client_.content(std::string_view(content).substr(content_at_, size));
    content_at_ += size;
  }

  void run_server() {
    while (!is_server_in_handshake_ && !is_server_over_) {
      ServerStep step = server_->next();
      if (std::holds_alternative<NeedInput>(step)) {
        server_buffer_ = std::exchange(server_input_, {});
        if (server_buffer_.empty()) return;
        server_->feed(server_buffer_);
      } else if (const auto* send = std::get_if<Send>(&step)) {
        to_client_ += send->octets;
      } else if (std::holds_alternative<StartTls>(step)) {
        is_server_in_handshake_ = true;
      } else if (const auto* verify = std::get_if<AskVerify>(&step)) {
        has_logged_in_ = verify->credentials.authcid == "ann" && verify->credentials.password.reveal() == "secret";
        server_->answer(has_logged_in_ ? Answer(Verified{PrincipalForTest::make("ann")})
                                       : Answer(catalogue::auth_failed()));
      } else if (const auto* recipient = std::get_if<AskRecipient>(&step)) {
        const bool is_known = !recipient->recipient.forward_path.domain().equals("nowhere.example");
        server_->answer(is_known ? Answer(Allowed{}) : Answer(catalogue::no_such_mailbox()));
      } else if (std::holds_alternative<AskSender>(step) || std::holds_alternative<AskContent>(step)) {
        received_.clear();
        server_->answer(Allowed{});
      } else if (const auto* content = std::get_if<Content>(&step)) {
        received_ += content->octets;
      } else if (const auto* accept = std::get_if<AskAccept>(&step)) {
        accepted_.push_back({std::move(accept->envelope), received_});
        server_->answer(Queued{QueueId{accepted_.size()}});
      } else if (std::holds_alternative<Close>(step)) {
        is_server_over_ = true;
      }
    }
  }

  std::mt19937 random_;
  ServerOptions server_options_;
  bool is_secure_;
  ClientSession client_;
  std::unique_ptr<ServerSession> server_;
  std::string to_server_, to_client_, server_input_, client_input_, server_buffer_, received_;
  bool is_server_in_handshake_ = false, is_server_over_ = false, is_client_over_ = false, has_logged_in_ = false;
  const std::vector<Message>* to_send_ = nullptr;
  std::size_t content_at_ = 0;
  std::vector<Outcome> outcomes_;
  std::vector<Message> accepted_;
  ClientClosed closed_;
};

ClientOptions client_options(std::string mechanism = "", std::string password = "secret") {
  ClientOptions options;
  options.helo_name = "client.example.com";
  options.starttls = StartTlsPolicy::kRequired;
  options.username = "ann";
  options.password = SecretString(password);
  options.mechanism = std::move(mechanism);
  return options;
}

/// Lines made of what framing trips over.
std::string random_content(std::mt19937& random) {
  std::string content;
  for (std::size_t lines = random() % 60; lines > 0; --lines) {
    constexpr std::string_view kPieces[] = {".", "..", "", "a line", ". not the end", "\xC3\xA9", "QUIT", "250 ok"};
    content.append(kPieces[random() % std::size(kPieces)]).append(std::string(random() % 80, 'x')).append("\r\n");
    if (random() % 4 == 0) content += ".\r\n";
  }
  return content;
}

TEST(Pairing, EveryMessageArrivesAsItWasSent) {
  for (std::uint32_t seed = 0; seed < 200; ++seed) {
    std::mt19937 random(seed);
    ClientOptions options = client_options(seed % 2 == 0 ? "PLAIN" : "LOGIN");
    options.may_pipeline = seed % 3 != 0;
    std::vector<Message> messages(3);
    for (Message& message : messages)
      message = {make_envelope("ann@example.com", {"bob@example.org"}), random_content(random)};
    Pair pair(seed % 5 == 0 ? Service::kSubmissions : Service::kSubmission, options, seed);
    const std::vector<Outcome> outcomes = pair.send(messages);
    ASSERT_TRUE(pair.has_logged_in());
    ASSERT_EQ(pair.closed().stage, ClientClosed::Stage::kNone) << pair.closed().text;
    ASSERT_EQ(pair.accepted().size(), messages.size());
    for (std::size_t i = 0; i < messages.size(); ++i) {
      ASSERT_EQ(pair.accepted()[i].content, messages[i].content) << "seed " << seed;
      ASSERT_EQ(outcomes[i].per_recipient.at(0).code, 250);
    }
  }
}

TEST(Pairing, TheEnvelopeArrivesWithAllItsParameters) {
  Message message = {make_envelope("\xC3\xA4nn@example.com", {"b\xC3\xB6"
                                                              "b@example.org",
                                                              "\"quoted local\"@example.org"}),
                     "x\r\n"};
  message.envelope.parameters.is_smtputf8 = true;
  message.envelope.parameters.ret = Ret::kFull;
  message.envelope.parameters.envid = "an id+with=all";
  message.envelope.recipients[0].parameters = {{.is_given = true, .on_success = true, .on_delay = true},
                                               "utf-8;b\\x{F6}b@example.org"};
  message.envelope.recipients[1].parameters = {{.is_given = true}, "rfc822;quo+ted=x@example.org"};
  Pair pair(Service::kSubmissions, client_options(), 1);
  ASSERT_EQ(pair.send({message}).at(0).per_recipient.at(1).code, 250);
  const Envelope& arrived = pair.accepted().at(0).envelope;
  EXPECT_EQ(arrived.reverse_path, message.envelope.reverse_path);
  EXPECT_TRUE(arrived.parameters.is_smtputf8);
  EXPECT_EQ(arrived.parameters.size, Bytes{3});
  EXPECT_EQ(arrived.parameters.ret, Ret::kFull);
  EXPECT_EQ(arrived.parameters.envid, "an id+with=all");
  ASSERT_EQ(arrived.recipients.size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(arrived.recipients[i].forward_path, message.envelope.recipients[i].forward_path);
    EXPECT_EQ(arrived.recipients[i].parameters, message.envelope.recipients[i].parameters);
  }
}

TEST(Pairing, EachRecipientHasItsOwnOutcomeAndTheConnectionGoesOn) {
  for (std::uint32_t seed = 0; seed < 40; ++seed) {
    const Message mixed = {make_envelope("ann@example.com", {"a@nowhere.example", "b@example.org"}), "mixed\r\n"};
    const Message refused = {make_envelope("ann@example.com", {"a@nowhere.example", "c@nowhere.example"}),
                             "refused\r\n"};
    ClientOptions options = client_options();
    options.may_pipeline = seed % 2 == 0;
    Pair pair(Service::kSubmission, options, seed);
    const std::vector<Outcome> outcomes = pair.send({mixed, refused, mixed});
    ASSERT_EQ(pair.closed().stage, ClientClosed::Stage::kNone) << pair.closed().text;
    ASSERT_EQ(pair.accepted().size(), 2u);
    EXPECT_EQ(outcomes.at(0).per_recipient.at(0).code, 550);
    EXPECT_EQ(outcomes.at(0).per_recipient.at(1).code, 250);
    EXPECT_FALSE(outcomes.at(1).is_delivered_to_any());
    EXPECT_EQ(outcomes.at(2).per_recipient.at(1).text, "Ok: queued as " + QueueId{2}.to_string());
    EXPECT_EQ(pair.accepted()[1].envelope.recipients.size(), 1u);
  }
}

TEST(Pairing, AWrongPasswordEndsTheSessionWithTheServersWords) {
  for (const char* mechanism : {"PLAIN", "LOGIN"}) {
    Pair pair(Service::kSubmissions, client_options(mechanism, "wrong"), 3);
    EXPECT_TRUE(pair.send({}).empty());
    EXPECT_EQ(pair.closed().stage, ClientClosed::Stage::kAuth);
    EXPECT_EQ(pair.closed().reply, catalogue::auth_failed());
  }
}

}  // namespace
}  // namespace sealpost::smtp
