// links: smtp
// A hostile server against the client session. The first octet chooses the client's options, the rest is what the
// server says; 0xFF cuts it into pieces. Whatever it says: the session comes to an end of its turn, sends only whole
// CRLF lines, keeps its secrets until TLS, gives one reply per recipient, and lets no control character into any of
// them.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "smtp/client_session.h"

namespace {

using namespace sealpost;
using namespace sealpost::smtp;

void require(bool condition) {
  if (!condition) std::abort();
}

bool is_harmless(std::string_view text) {
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if ((octet < 0x20 && c != '\n') || octet == 0x7F) return false;
  }
  return true;
}

class Player {
 public:
  explicit Player(std::uint8_t choice) : session_(options(choice), facts(choice)) {
    for (const char* address : {"bob@example.org", "cat@example.org", "j\xC3\xB6rg@example.org"})
      envelope_.recipients.push_back({Mailbox::parse(address, Charset::kUtf8).value(), {}});
    is_secure_ = facts(choice).has_value();
  }

  void server(std::string_view octets) {
    // What arrives during a handshake never reaches the session.
    if (!is_closed_) session_.feed(octets);
    run();
  }

  void run() {
    for (int steps = 0; !is_closed_; ++steps) {
      require(steps < 100'000);
      ClientStep step = session_.next();
      if (std::holds_alternative<ClientNeedInput>(step)) return;
      if (const auto* send = std::get_if<ClientSend>(&step)) look_at_sent(send->octets);
      if (std::holds_alternative<ClientStartTls>(step)) {
        require(!is_secure_);
        is_secure_ = true;
        session_.secured(TlsFactsForTest::make());
      }
      if (std::holds_alternative<ClientReady>(step)) {
        if (++transactions_ > 3) {
          if (transactions_ > 4) return;
          session_.quit();
          continue;
        }
        is_in_transaction_ = true;
        session_.begin({&envelope_, {10}, transactions_ == 2});
      }
      if (std::holds_alternative<ClientNeedContent>(step)) give_content();
      if (const auto* done = std::get_if<ClientTransactionDone>(&step)) {
        require(is_in_transaction_);
        is_in_transaction_ = false;
        require(done->outcome.per_recipient.size() == envelope_.recipients.size());
        for (const Reply& reply : done->outcome.per_recipient) {
          require(reply.code >= 200 && reply.code <= 599 && reply.code / 100 != 3);
          require(is_harmless(reply.text));
        }
        pieces_ = 0;
      }
      if (const auto* closed = std::get_if<ClientClosed>(&step)) {
        is_closed_ = true;
        require(is_harmless(closed->text) && (!closed->reply || is_harmless(closed->reply->text)));
      }
    }
  }

  void lose() {
    session_.connection_lost({451, {4, 4, 2}, "connection lost"});
    run();
    require(is_closed_ && !is_in_transaction_);
  }

 private:
  static ClientOptions options(std::uint8_t choice) {
    ClientOptions options;
    options.flavour = (choice & 1) != 0 ? Flavour::kLmtp : Flavour::kSmtp;
    options.starttls = static_cast<StartTlsPolicy>((choice >> 1) % 3);
    options.helo_name = "client.example.com";
    if ((choice & 8) != 0) options.username = "ann", options.password = SecretString("kept-secret");
    options.may_pipeline = (choice & 16) == 0;
    return options;
  }
  static std::optional<TlsFacts> facts(std::uint8_t choice) {
    return (choice & 32) != 0 ? std::optional(TlsFactsForTest::make()) : std::nullopt;
  }

  void look_at_sent(std::string_view octets) {
    require(octets.ends_with("\r\n"));
    // "AUTH PLAIN AGFubgBrZXB0LXNlY3JldA==" and LOGIN's "a2VwdC1zZWNyZXQ=".
    const bool has_secret = octets.find("ZXB0LXNlY3Jld") != std::string_view::npos ||
                            octets.find("a2VwdC1zZWNyZXQ=") != std::string_view::npos;
    require(!has_secret || is_secure_);
    require(octets.find("MAIL FROM") == std::string_view::npos || is_in_transaction_);
  }

  void give_content() {
    require(is_in_transaction_);
    if (pieces_++ == 0)
      session_.content("Subject: x\r\n\r\n.dot\r\n");
    else
      session_.end_of_content();
  }

  Envelope envelope_;
  ClientSession session_;
  bool is_secure_ = false, is_closed_ = false, is_in_transaction_ = false;
  int transactions_ = 0, pieces_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string input(reinterpret_cast<const char*>(data), size);
  Player player(data[0]);
  player.run();
  std::string_view rest = std::string_view(input).substr(1);
  while (!rest.empty()) {
    const std::string_view piece = rest.substr(0, rest.find('\xFF'));
    player.server(piece);
    rest.remove_prefix(std::min(piece.size() + 1, rest.size()));
  }
  player.lose();
  return 0;
}
