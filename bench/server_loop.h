// ServerLoop: one thread, one epoll, many PermissiveSessions; ServerGroup: several loops behind one listener,
// connections dealt out in turn. A Service says what becomes of a message, at once, after a delay, or later from
// another thread. Replies of one turn leave in one write.
#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <queue>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "channel.h"
#include "permissive_session.h"

namespace sealpost::bench {

/// Names a connection that waits for the answer to its message; stays harmless when the connection is gone.
struct Token {
  std::size_t loop = 0;
  std::uint64_t connection = 0;
};

/// The answer to a message. `is_later`: somebody calls ServerGroup::answer with the token.
struct Answer {
  std::string reply{};
  std::chrono::milliseconds delay{0};
  bool is_later = false;
};

class Service {
 public:
  virtual ~Service() = default;
  /// Empty: accepted. Otherwise the reply line without CRLF. Called from every loop's thread.
  virtual std::string refuse_recipient() { return {}; }
  /// The session's body may be moved from. Called from every loop's thread.
  virtual Answer take_message(Token token, PermissiveSession& session) = 0;
  virtual void count_connection() {}
};

struct ServerSettings {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
  TlsMode tls = TlsMode::kNone;
  std::string certificate_file;
  std::string key_file;
  unsigned threads = 1;
};

class ServerLoop {
 public:
  ServerLoop(std::size_t number, SSL_CTX* context, TlsMode tls, Service& service);
  ServerLoop(const ServerLoop&) = delete;
  ServerLoop& operator=(const ServerLoop&) = delete;
  ~ServerLoop();

  /// From any thread.
  void adopt(Descriptor connection);
  void answer(std::vector<std::pair<std::uint64_t, std::string>> answers);
  void stop();
  /// After stop(), from the owner's thread. Until then answers may still arrive.
  void join();

 private:
  struct Connection {
    Connection(std::uint64_t its_id, Descriptor socket, bool offers_starttls)
        : id(its_id), channel(std::move(socket)), session(offers_starttls) {}
    std::uint64_t id;
    Channel channel;
    PermissiveSession session;
    bool is_greeted = false;
    bool awaits_answer = false;
    bool is_closing = false;
  };
  struct Delayed {
    std::chrono::steady_clock::time_point due;
    std::uint64_t connection;
    std::string reply;
    bool operator>(const Delayed& other) const { return due > other.due; }
  };

  void run();
  void handle_inbox();
  void handle_delayed();
  void handle_ready(Connection& connection, std::uint32_t events);
  void greet_if_due(Connection& connection);
  void drive(Connection& connection);
  /// Sends, and closes or re-registers; `connection` may be gone afterwards.
  void settle(Connection& connection);
  void finish(std::uint64_t id, const std::string& reply);
  void drop(Connection& connection);
  int wait_milliseconds() const;

  std::size_t number_;
  SSL_CTX* context_;
  TlsMode tls_;
  Service& service_;
  Descriptor epoll_;
  Descriptor wake_;
  std::uint64_t next_id_ = 1;
  std::unordered_map<std::uint64_t, std::unique_ptr<Connection>> connections_;
  std::priority_queue<Delayed, std::vector<Delayed>, std::greater<>> delayed_;
  std::mutex mutex_;
  std::vector<Descriptor> adopted_;
  std::vector<std::pair<std::uint64_t, std::string>> answers_;
  std::atomic<bool> is_stopping_ = false;
  std::thread thread_;
};

class ServerGroup {
 public:
  ServerGroup(const ServerSettings& settings, Service& service);

  std::uint16_t port() const { return local_port(listener_.get()); }
  std::size_t size() const { return loops_.size(); }
  ServerLoop& loop(std::size_t number) { return *loops_[number]; }
  /// Accepts connections on the calling thread until SIGTERM or SIGINT.
  void run_until_signal();

 private:
  Descriptor listener_;
  SslContext context_;
  std::vector<std::unique_ptr<ServerLoop>> loops_;
};

}  // namespace sealpost::bench
