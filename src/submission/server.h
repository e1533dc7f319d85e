// The submission server: listeners, and per network thread the connections that live on it. Connections share nothing
// but the services.
#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/io_threads.h"
#include "net/listener.h"
#include "submission/options.h"

namespace sealpost::submission {

class Server {
 public:
  /// Binds every listener. `listeners` come with options that stay where they are; `threads` run them and outlive the
  /// server. The Error names the address and what to do ("port 465 needs root …", "… is in use").
  static Result<std::unique_ptr<Server>> bind(std::vector<ListenerOptions> listeners, Limits limits, Services services,
                                              net::IoThreads& threads);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Begins to accept. Once.
  void start();
  std::size_t connections() const { return connections_.load(std::memory_order_relaxed); }

  /// Stops accepting; idle sessions hear 421, busy ones finish their transaction; what is left at `deadline` is closed.
  /// Resumes when the last connection has ended, on the awaiting executor. Once.
  net::Task<> drain(SteadyTime deadline);

 private:
  struct Shard;
  Server(std::vector<ListenerOptions> listeners, Limits limits, Services services, net::IoThreads& threads);
  Shard& shard_of(const net::asio::io_context& context);
  void admit(net::tcp::socket socket, const ListenerOptions& listener, Shard& shard);
  net::Task<> serve(net::tcp::socket socket, const ListenerOptions& listener, Shard& shard);
  net::Task<> begin_drain(Shard& shard, SteadyTime deadline);
  net::Task<> finish_drain(Shard& shard);

  const std::vector<ListenerOptions> options_;
  const Limits limits_;
  const Services services_;
  net::IoThreads& threads_;
  std::vector<std::unique_ptr<Shard>> shards_;
  std::vector<net::Listener> listeners_;
  std::atomic<std::size_t> connections_{0};
  SteadyTime drain_deadline_;  // set before is_draining_
  std::atomic<bool> is_draining_{false};
};

}  // namespace sealpost::submission
