// What the pure server session costs by itself: one pipelined transaction of 2 KB, the same command by command, content
// alone, and the memory of a session that waits. No sockets, no TLS, no store. Prints the median of eleven rounds,
// lowest and highest beside it.
#include <algorithm>
#include <array>
#include <cstddef>
#include <ctime>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <malloc.h>

#include "smtp/server_session.h"

namespace sealpost::smtp {
namespace {

constexpr int kRounds = 11;

class Driver {
 public:
  explicit Driver(const ServerOptions& options) : session_(options, TlsFactsForTest::make(), true) { run({}); }

  void run(std::string_view octets) {
    for (;;) {
      const ServerStep step = session_.next();
      if (std::holds_alternative<NeedInput>(step)) {
        if (octets.empty()) return;
        const std::string_view piece = octets.substr(0, ServerSession::kInputMax);
        octets.remove_prefix(piece.size());
        session_.feed(piece);
      } else if (const auto* content = std::get_if<Content>(&step)) {
        octets_ += content->octets.size();
      } else if (const auto* send = std::get_if<Send>(&step)) {
        octets_ += send->octets.size();
      } else if (const auto* verify = std::get_if<AskVerify>(&step)) {
        session_.answer(Verified{PrincipalForTest::make(verify->credentials.authcid)});
      } else if (std::holds_alternative<AskAccept>(step)) {
        session_.answer(Queued{{++messages_}});
      } else {
        session_.answer(Allowed{});
      }
    }
  }

  std::uint64_t messages() const { return messages_; }

 private:
  ServerSession session_;
  std::size_t octets_ = 0;
  std::uint64_t messages_ = 0;
};

std::string content_of(std::size_t octets) {
  std::string content = "Subject: benchmark\r\n\r\n";
  while (content.size() < octets)
    content += "The quick brown fox jumps over the lazy dog, sixty-eight octets long.\r\n";
  return content;
}

template <class Work>
void measure(std::string_view name, std::size_t count, std::string_view unit, Work work) {
  std::vector<double> rounds;
  for (int round = 0; round < kRounds; ++round) {
    const std::clock_t begin = std::clock();
    for (std::size_t i = 0; i < count; ++i) work();
    const double seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
    rounds.push_back(seconds * 1e9 / static_cast<double>(count));
  }
  std::ranges::sort(rounds);
  fmt::print("{:44} {:9.0f} ns/{} ({:.0f} to {:.0f})\n", name, rounds[kRounds / 2], unit, rounds.front(),
             rounds.back());
}

void measure_memory(const ServerOptions& options, std::string_view login) {
  constexpr std::size_t kSessions = 10'000;
  std::vector<std::unique_ptr<Driver>> sessions;
  sessions.reserve(kSessions);
  const std::size_t before = mallinfo2().uordblks;
  for (std::size_t i = 0; i < kSessions; ++i) {
    sessions.push_back(std::make_unique<Driver>(options));
    sessions.back()->run(login);
  }
  const std::size_t each = (mallinfo2().uordblks - before) / kSessions - sizeof(Driver);
  fmt::print("{:44} {:9} octets of heap\n", "a session that is logged in and waits", each);
}

int run() {
  ServerOptions options;
  options.hostname = "mail.example.com";
  const std::string login = "EHLO client.example.com\r\nAUTH PLAIN AGFubgBzZWNyZXQ=\r\n";
  const std::array<std::string, 3> commands = {"MAIL FROM:<ann@example.com> SIZE=2048 BODY=8BITMIME\r\n",
                                               "RCPT TO:<bob@example.net>\r\n", "DATA\r\n"};
  const std::string content = content_of(2048) + ".\r\n";
  const std::string envelope = commands[0] + commands[1] + commands[2];

  Driver driver(options);
  driver.run(login);
  measure("transaction of 2 KB, envelope pipelined", 100'000, "message",
          [&] { driver.run(envelope), driver.run(content); });
  measure("transaction of 2 KB, command by command", 100'000, "message", [&] {
    for (const auto& command : commands) driver.run(command);
    driver.run(content);
  });
  measure("envelope alone, then RSET", 100'000, "transaction",
          [&, group = commands[0] + commands[1] + "RSET\r\n"] { driver.run(group); });
  measure("NOOP", 1'000'000, "command", [&] { driver.run("NOOP\r\n"); });
  const std::string large = content_of(std::size_t{16} << 20) + ".\r\n";
  measure("transaction of 16 MiB", 10, "message", [&] { driver.run(envelope), driver.run(large); });
  measure("session: greeting, EHLO, AUTH", 50'000, "session", [&] { Driver(options).run(login); });
  measure_memory(options, login);
  return driver.messages() == 0 ? 1 : 0;
}

}  // namespace
}  // namespace sealpost::smtp

int main() { return sealpost::smtp::run(); }
