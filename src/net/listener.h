// Listener: one bound address. Accepts connections and hands each to one of several io_contexts, in turn.
// When descriptors or memory run out it waits and says so; it never spins and never gives up. It knows nothing of what
// is spoken.
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/result.h"
#include "net/task.h"

namespace sealpost::net {

class Listener {
 public:
  /// Called on the thread of `target`, with a connected socket that belongs to it.
  using Accepted = std::function<void(tcp::socket socket, asio::io_context& target)>;

  /// Binds and listens, so that what can go wrong goes wrong at start: a malformed address, one in use, a port that
  /// needs privileges.
  /// "*" takes IPv6 and IPv4; "[::]" takes IPv6 only, so that it can stand beside "0.0.0.0".
  static Result<Listener> bind(asio::io_context& context, std::string_view address);

  /// Accepts until stop(). `accepted` and every target must live until the targets have run what was handed to them.
  Task<> run(Accepted accepted, std::vector<asio::io_context*> targets);
  /// Closes the socket; run() ends. On the listener's own thread.
  void stop();

  /// "127.0.0.1:4465", with the port that the kernel chose where 0 was asked for.
  std::string local_address() const { return local_address_; }
  std::uint16_t port() const { return port_; }

 private:
  explicit Listener(tcp::acceptor acceptor);
  enum class Next { kWait, kAgain, kPause, kStop };
  Next accept_one(asio::io_context& target, const std::shared_ptr<const Accepted>& accepted);

  tcp::acceptor acceptor_;
  asio::steady_timer pause_;
  std::string local_address_;
  std::uint16_t port_ = 0;
  tcp protocol_ = tcp::v4();  // of the accepted sockets, too
};

}  // namespace sealpost::net
