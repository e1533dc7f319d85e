// A small SMTP and LMTP server on loopback that says what a test wants, in one thread with the test. Tests only.
#pragma once
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/as_tuple.hpp>

#include "net/stream.h"
#include "net/task_group.h"
#include "net/tls_context.h"

namespace sealpost::delivery {

class LoopbackServer {
 public:
  explicit LoopbackServer(net::asio::io_context& context)
      : tasks_(context), acceptor_(context, net::tcp::endpoint(net::asio::ip::address_v4::loopback(), 0)) {
    tasks_.spawn("test server", accept_all());
  }

  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  void stop() { acceptor_.close(); }
  net::TaskGroup& tasks() { return tasks_; }

  // What it says. "" closes the connection instead.
  std::string greeting = "220 mx.example.org ESMTP\r\n";
  std::string hello = "250-mx.example.org\r\n250-PIPELINING\r\n250 8BITMIME\r\n";
  std::string hello_under_tls;                 // when it differs
  std::map<std::string, std::string> answers;  // by the beginning of a command
  std::deque<std::string> after_content;       // then "250 2.0.0 taken"
  const net::ServerTlsContext* tls = nullptr;  // for STARTTLS
  bool begins_with_tls = false;
  bool breaks_handshake = false;          // says 220 to STARTTLS, then something that is not TLS
  std::size_t replies_after_content = 1;  // LMTP: one per accepted recipient
  bool is_silent_after_content = false;

  // What it heard.
  int connections = 0;
  int reads = 0;
  std::vector<std::string> commands;
  std::vector<std::string> contents;

 private:
  net::Task<> accept_all() {
    while (true) {
      auto [error, socket] = co_await acceptor_.async_accept(net::asio::as_tuple(net::use_task));
      if (error) co_return;
      ++connections;
      tasks_.spawn("test session", serve(net::Stream(net::tcp::socket(std::move(socket)))));
    }
  }

  net::Task<> serve(net::Stream stream) {
    stream.expires_at(steady_now() + std::chrono::seconds(20));
    if (begins_with_tls && !co_await stream.accept_tls(*tls)) co_return;
    if (greeting.empty() || !co_await stream.write_all(greeting)) co_return;
    std::string input;
    while (true) {
      auto line = co_await read_until(stream, input, "\r\n");
      if (!line) co_return;
      commands.push_back(*line);
      if (line->starts_with("STARTTLS") && tls != nullptr) {
        if (!co_await start_tls(stream)) co_return;
        continue;
      }
      const std::string answer = answer_to(*line, stream.is_secure());
      if (answer.empty()) co_return;
      if (!co_await stream.write_all(answer)) co_return;
      if (answer.starts_with("354") && !co_await take_content(stream, input)) co_return;
    }
  }

  net::Task<bool> start_tls(net::Stream& stream) {
    if (!co_await stream.write_all("220 go ahead\r\n")) co_return false;
    if (breaks_handshake) {
      char octet = 0;
      const std::span<char> buffer(&octet, 1);
      (void)co_await stream.read_some(buffer);
      (void)co_await stream.write_all("this is no handshake\r\n");
      co_return false;
    }
    const auto facts = co_await stream.accept_tls(*tls);
    co_return facts.has_value();
  }

  net::Task<bool> take_content(net::Stream& stream, std::string& input) {
    auto content = co_await read_until(stream, input, "\r\n.\r\n");
    if (!content) co_return false;
    contents.push_back(*content);
    if (is_silent_after_content) co_return false;
    std::string replies;
    for (std::size_t i = 0; i < replies_after_content; ++i) {
      if (after_content.empty()) {
        replies += "250 2.0.0 taken\r\n";
      } else {
        replies += after_content.front();
        after_content.pop_front();
      }
    }
    co_return (co_await stream.write_all(replies)).has_value();
  }

  std::string answer_to(const std::string& line, bool is_secure) const {
    for (const auto& [beginning, answer] : answers)
      if (line.starts_with(beginning)) return answer;
    if (line.starts_with("EHLO") || line.starts_with("LHLO"))
      return is_secure && !hello_under_tls.empty() ? hello_under_tls : hello;
    if (line.starts_with("DATA")) return "354 go on\r\n";
    if (line.starts_with("QUIT")) return "221 2.0.0 bye\r\n";
    return "250 2.0.0 ok\r\n";
  }

  net::Task<std::optional<std::string>> read_until(net::Stream& stream, std::string& input, std::string_view end) {
    std::size_t found = input.find(end);
    while (found == std::string::npos) {
      std::string piece(4096, '\0');
      const std::span<char> buffer(piece);
      const auto octets = co_await stream.read_some(buffer);
      if (!octets || *octets == 0) co_return std::nullopt;
      ++reads;
      input.append(piece, 0, *octets);
      found = input.find(end);
    }
    std::string before = input.substr(0, found);
    input.erase(0, found + end.size());
    co_return before;
  }

  net::TaskGroup tasks_;
  net::tcp::acceptor acceptor_;
};

}  // namespace sealpost::delivery
