// Binding with errors in words, and the accept loop.
#include "net/listener.h"

#include <cerrno>
#include <memory>
#include <system_error>
#include <utility>

#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/assert.h"
#include "net/listen_address.h"
#include "observe/events.h"
#include "observe/log.h"

namespace sealpost::net {

namespace {

/// Waiting connections beyond this are refused by the kernel; net.core.somaxconn may say less.
constexpr int kBacklog = 4096;

/// After this many connections in a row the thread looks after its other work.
constexpr int kAcceptsInARow = 64;

/// How long to wait for descriptors to become free. The waiting connections stay in the kernel's queue.
constexpr std::chrono::milliseconds kPause{200};

Error explain_bind(std::string_view address, std::uint16_t port, int error) {
  switch (error) {
    case EADDRINUSE:
      return {Fault::kConfiguration,
              fmt::format(
                  "cannot listen on {}: the address is in use, probably by another mail server or another Sealpost; "
                  "\"ss -ltnp 'sport = :{}'\" tells by which process",
                  address, port)};
    case EACCES:
      return {
          Fault::kConfiguration,
          fmt::format(
              "cannot listen on {}: permission denied; ports below 1024 need root, the capability CAP_NET_BIND_SERVICE "
              "(AmbientCapabilities= in the systemd unit) or a lower net.ipv4.ip_unprivileged_port_start",
              address)};
    case EADDRNOTAVAIL:
      return {Fault::kConfiguration,
              fmt::format("cannot listen on {}: no interface of this machine has that address", address)};
    default:
      return std::move(fail_errno(fmt::format("cannot listen on {}", address), error).error());
  }
}

error_code open_and_bind(tcp::acceptor& acceptor, const ListenAddress& address) {
  error_code error;
  acceptor.open(address.endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error && address.endpoint.protocol() == tcp::v6()) {
    acceptor.set_option(asio::ip::v6_only(!address.takes_both_families), error);
  }
  if (!error) acceptor.bind(address.endpoint, error);
  if (!error) acceptor.listen(kBacklog, error);
  if (!error) acceptor.native_non_blocking(true, error);
  return error;
}

std::string text_of(const tcp::endpoint& endpoint) {
  const std::string ip = endpoint.address().to_string();
  return endpoint.address().is_v6() ? fmt::format("[{}]:{}", ip, endpoint.port())
                                    : fmt::format("{}:{}", ip, endpoint.port());
}

}  // namespace

Result<Listener> Listener::bind(asio::io_context& context, std::string_view address) {
  auto parsed = parse_listen_address(address);
  if (!parsed) return std::unexpected(std::move(parsed.error()));
  tcp::acceptor acceptor(context);
  error_code error = open_and_bind(acceptor, *parsed);
  if (parsed->takes_both_families &&
      (error == asio::error::address_family_not_supported || error.value() == EADDRNOTAVAIL)) {
    // A machine without IPv6: "*" then means every IPv4 address.
    error_code ignored;
    acceptor.close(ignored);
    parsed->endpoint = tcp::endpoint(tcp::v4(), parsed->endpoint.port());
    error = open_and_bind(acceptor, *parsed);
  }
  if (error) return std::unexpected(explain_bind(address, parsed->endpoint.port(), error.value()));
  return Listener(std::move(acceptor));
}

Listener::Listener(tcp::acceptor acceptor) : acceptor_(std::move(acceptor)), pause_(acceptor_.get_executor()) {
  error_code ignored;
  const tcp::endpoint endpoint = acceptor_.local_endpoint(ignored);
  local_address_ = text_of(endpoint);
  port_ = endpoint.port();
  protocol_ = endpoint.protocol();
}

void Listener::stop() {
  error_code ignored;
  acceptor_.close(ignored);
  pause_.cancel();
}

Listener::Next Listener::accept_one(asio::io_context& target, const std::shared_ptr<const Accepted>& accepted) {
  const int descriptor = ::accept4(acceptor_.native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (descriptor < 0) {
    switch (errno) {
      case EAGAIN:
        return Next::kWait;
      case EMFILE:
      case ENFILE:
      case ENOBUFS:
      case ENOMEM:
        return Next::kPause;
      case EBADF:
      case EINVAL:
      case ENOTSOCK:
        return Next::kStop;
      default:
        return Next::kAgain;  // accept(2): errors of the new connection, which is gone already
    }
  }
  tcp::socket socket(target);
  error_code error;
  socket.assign(protocol_, descriptor, error);
  if (error) {
    ::close(descriptor);
    return Next::kPause;  // the reactor of the target has no room
  }
  asio::post(target, [accepted, connection = std::move(socket), &target]() mutable {
    (*accepted)(std::move(connection), target);
  });
  return Next::kAgain;
}

Task<> Listener::run(Accepted accepted, std::vector<asio::io_context*> targets) {
  SEALPOST_ASSERT(!targets.empty(), "a listener has somewhere to hand its connections");
  // Shared by this loop and by the connections that are on their way to other threads.
  const auto shared = std::make_shared<const Accepted>(std::move(accepted));
  std::size_t turn = 0;
  bool is_paused = false;
  while (acceptor_.is_open()) {
    error_code error;
    co_await acceptor_.async_wait(tcp::acceptor::wait_read, asio::redirect_error(use_task, error));
    Next next = error ? Next::kStop : Next::kAgain;
    for (int i = 0; i < kAcceptsInARow && next == Next::kAgain && acceptor_.is_open(); ++i) {
      next = accept_one(*targets[turn], shared);
      if (next != Next::kAgain) continue;
      turn = (turn + 1) % targets.size();
      is_paused = false;
    }
    if (next == Next::kStop) break;
    if (next != Next::kPause) continue;
    if (!std::exchange(is_paused, true)) {
      observe::log(observe::Level::kError, observe::events::kAcceptPaused,
                   {{"address", local_address_},
                    {"reason", "no file descriptors or memory left; connections wait (raise LimitNOFILE)"}});
    }
    pause_.expires_after(kPause);
    co_await pause_.async_wait(asio::redirect_error(use_task, error));
  }
}

}  // namespace sealpost::net
