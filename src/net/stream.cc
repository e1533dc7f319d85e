// Stream: life, waiting, reading and writing. One system call per read and per write; readiness comes from Asio's
// reactor.
#include "net/stream.h"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <sys/socket.h>

#include "base/assert.h"
#include "net/certificate_facts.h"
#include "net/stream_state.h"

namespace sealpost::net {

namespace {

/// A peer that always has more for us must not keep the other connections of its thread waiting.
constexpr int kReadsWithoutWaitMax = 32;

asio::io_context& context_of(tcp::socket& socket) {
  const asio::any_io_executor any = socket.get_executor();
  const auto* executor = any.target<asio::io_context::executor_type>();
  SEALPOST_ASSERT(executor != nullptr, "a stream's socket belongs to an io_context");
  return executor->context();
}

/// The same descriptor under a type without type erasure.
Socket adopt(tcp::socket socket) {
  Socket adopted(context_of(socket));
  error_code error;
  const auto family = socket.local_endpoint(error).protocol().family();
  if (error) return adopted;
  adopted.assign(asio::generic::stream_protocol(family, IPPROTO_TCP), socket.release(error), error);
  return adopted;
}

}  // namespace

Fault fault_of_socket_error(int error) {
  switch (error) {
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case ENOBUFS:
    case EADDRNOTAVAIL:
      return Fault::kResource;
    case ETIMEDOUT:
      return Fault::kTimeout;
    default:
      return Fault::kNetwork;
  }
}

PeerAddress peer_address_of(const Socket& socket) {
  error_code error;
  const auto endpoint = socket.remote_endpoint(error);
  if (error) return {};
  if (endpoint.protocol().family() == AF_UNIX) return {.ip = "local"};
  tcp::endpoint address;
  if (endpoint.size() > address.capacity()) return {};
  std::copy_n(static_cast<const char*>(static_cast<const void*>(endpoint.data())), endpoint.size(),
              static_cast<char*>(static_cast<void*>(address.data())));
  asio::ip::address ip = address.address();
  if (ip.is_v6() && ip.to_v6().is_v4_mapped()) ip = asio::ip::make_address_v4(asio::ip::v4_mapped, ip.to_v6());
  return {.ip = ip.to_string(), .port = address.port()};
}

Stream::State::State(Socket connected)
    : context(connected.get_executor().context()), keeper(DeadlineKeeper::of(context)), socket(std::move(connected)) {
  if (!socket.is_open()) return;
  error_code ignored;  // a socket that is broken already says so at the first read
  socket.native_non_blocking(true, ignored);
  peer = peer_address_of(socket);
  if (peer.ip != "local") socket.set_option(tcp::no_delay(true), ignored);
}

void Stream::State::close() noexcept {
  error_code ignored;
  socket.close(ignored);
}

std::unexpected<Error> Stream::State::closed_error() const { return fail(Fault::kNetwork, "the connection is closed"); }

std::unexpected<Error> Stream::State::timeout_error(const char* what) {
  // After a time-out nobody knows where in its protocol the peer is: the connection cannot be used again.
  close();
  return fail(Fault::kTimeout, fmt::format("timed out {}", what));
}

std::unexpected<Error> Stream::State::system_error(const char* what, int error) {
  close();
  return fail(fault_of_socket_error(error), fmt::format("{} while {}", std::generic_category().message(error), what));
}

std::unexpected<Error> Stream::State::tls_io_error(const char* what, int ssl_error, int error_number) {
  const unsigned long error = ERR_peek_last_error();
  if (ssl_error == SSL_ERROR_SYSCALL) {
    ERR_clear_error();
    return system_error(what, error_number == 0 ? ECONNRESET : error_number);
  }
  close();
  // RFC 8446 §6.1: without close_notify nobody can tell an end from an attack that cut the rest off.
  if (ERR_GET_LIB(error) == ERR_LIB_SSL && ERR_GET_REASON(error) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
    ERR_clear_error();
    return fail(Fault::kPeer, fmt::format("the peer ended the connection without close_notify while {}", what));
  }
  ERR_clear_error();
  const TlsSide side = SSL_is_server(ssl.get()) == 1 ? TlsSide::kServer : TlsSide::kClient;
  return fail(Fault::kPeer, fmt::format("{} (while {})", explain_tls_failure(error, side), what));
}

Task<Stream::State::WaitEnd> Stream::State::wait_for_readiness(Direction direction, error_code& error) {
  if (!socket.is_open()) co_return WaitEnd::kClosed;
  if (deadline <= steady_now()) co_return WaitEnd::kExpired;
  bool is_expired = false;
  {
    const DeadlineKeeper::Wait watched(
        keeper, deadline,
        [](void* object) noexcept {
          error_code ignored;
          static_cast<Socket*>(object)->cancel(ignored);
        },
        &socket);
    const auto readiness = direction == Direction::kRead ? Socket::wait_read : Socket::wait_write;
    co_await socket.async_wait(readiness, asio::redirect_error(use_task, error));
    is_expired = watched.is_expired();
  }
  reads_without_wait = 0;
  // close() may have been called while this task slept.
  if (!socket.is_open()) co_return WaitEnd::kClosed;
  if (is_expired) co_return WaitEnd::kExpired;
  if (error) co_return WaitEnd::kFailed;
  if (direction == Direction::kRead) may_be_readable = true;
  co_return WaitEnd::kReady;
}

Task<Result<void>> Stream::State::wait(Direction direction, const char* what) {
  error_code error;
  switch (co_await wait_for_readiness(direction, error)) {
    case WaitEnd::kReady:
      co_return Result<void>();
    case WaitEnd::kExpired:
      co_return timeout_error(what);
    case WaitEnd::kClosed:
      co_return closed_error();
    case WaitEnd::kFailed:
      break;
  }
  co_return system_error(what, error.value());
}

Stream::Stream(tcp::socket socket) : state_(std::make_unique<State>(adopt(std::move(socket)))) {}
Stream::Stream(std::unique_ptr<State> state) : state_(std::move(state)) {}
Stream::~Stream() = default;
Stream::Stream(Stream&&) noexcept = default;
Stream& Stream::operator=(Stream&&) noexcept = default;

void Stream::expires_at(SteadyTime deadline) { state_->deadline = deadline; }
bool Stream::is_secure() const { return state_->is_secure; }
void Stream::close() noexcept { state_->close(); }
bool Stream::is_open() const { return state_->socket.is_open(); }
PeerAddress Stream::peer() const { return state_->peer; }
asio::io_context& Stream::context() { return state_->context; }

Task<Result<std::size_t>> Stream::read_some(std::span<char> buffer) {
  static constexpr const char* kWhat = "waiting for the peer to send";
  SEALPOST_ASSERT(!buffer.empty(), "a read needs room");
  State& state = *state_;
  if (state.has_ended) co_return std::size_t{0};
  for (;;) {
    // With read-ahead OpenSSL may hold octets that the socket will never announce again.
    const bool has_buffered = state.ssl && SSL_has_pending(state.ssl.get()) == 1;
    if (!has_buffered && !state.may_be_readable) {
      if (auto ready = co_await state.wait(Direction::kRead, kWhat); !ready)
        co_return std::unexpected(std::move(ready.error()));
    } else {
      if (++state.reads_without_wait >= kReadsWithoutWaitMax) {
        state.reads_without_wait = 0;
        co_await asio::post(state.context, use_task);
      }
    }
    if (!state.socket.is_open()) co_return state.closed_error();
    if (state.deadline <= steady_now()) co_return state.timeout_error(kWhat);

    if (!state.ssl) {
      const ssize_t size = ::recv(state.socket.native_handle(), buffer.data(), buffer.size(), 0);
      if (size < 0 && errno == EINTR) continue;
      if (size < 0 && errno != EAGAIN && errno != EWOULDBLOCK) co_return state.system_error("reading", errno);
      state.may_be_readable = size > 0 && static_cast<std::size_t>(size) == buffer.size();
      if (size < 0) continue;
      state.has_ended = size == 0;
      state.has_spoken_plain = true;
      co_return static_cast<std::size_t>(size);
    }

    ERR_clear_error();
    errno = 0;
    std::size_t size = 0;
    const int done = SSL_read_ex(state.ssl.get(), buffer.data(), buffer.size(), &size);
    const int error_number = errno;
    if (done == 1) {
      state.may_be_readable = size == buffer.size();
      co_return size;
    }
    const int error = SSL_get_error(state.ssl.get(), done);
    state.may_be_readable = false;
    if (error == SSL_ERROR_ZERO_RETURN) {
      state.has_ended = true;
      co_return std::size_t{0};
    }
    if (error == SSL_ERROR_WANT_WRITE) {
      if (auto ready = co_await state.wait(Direction::kWrite, kWhat); !ready)
        co_return std::unexpected(std::move(ready.error()));
      state.may_be_readable = true;
    } else if (error == SSL_ERROR_WANT_READ) {
      // Only part of a record is here: what OpenSSL holds of it must not make us spin.
      if (auto ready = co_await state.wait(Direction::kRead, kWhat); !ready)
        co_return std::unexpected(std::move(ready.error()));
    } else {
      co_return state.tls_io_error("reading", error, error_number);
    }
  }
}

Task<Result<void>> Stream::wait_readable() {
  static constexpr const char* kWhat = "waiting for the peer to send";
  State& state = *state_;
  if (!state.socket.is_open()) co_return state.closed_error();
  if (state.has_ended || state.may_be_readable) co_return Result<void>();
  if (state.ssl && SSL_has_pending(state.ssl.get()) == 1) co_return Result<void>();
  error_code error;
  state.is_idle_wait = true;
  const auto end = co_await state.wait_for_readiness(Direction::kRead, error);
  state.is_idle_wait = false;
  if (std::exchange(state.is_interrupted, false) && end != State::WaitEnd::kClosed) co_return Result<void>();
  switch (end) {
    case State::WaitEnd::kReady:
      co_return Result<void>();
    case State::WaitEnd::kExpired:
      co_return fail(Fault::kTimeout, fmt::format("timed out {}", kWhat));
    case State::WaitEnd::kClosed:
      co_return state.closed_error();
    case State::WaitEnd::kFailed:
      break;
  }
  co_return state.system_error(kWhat, error.value());
}

void Stream::interrupt() noexcept {
  if (!state_->is_idle_wait) return;
  state_->is_interrupted = true;
  error_code ignored;
  state_->socket.cancel(ignored);
}

Task<Result<void>> Stream::write_all(std::string_view octets) {
  static constexpr const char* kWhat = "waiting for the peer to take what we send";
  State& state = *state_;
  while (!octets.empty()) {
    if (!state.socket.is_open()) co_return state.closed_error();
    if (state.deadline <= steady_now()) co_return state.timeout_error(kWhat);
    Direction direction = Direction::kWrite;
    if (!state.ssl) {
      state.has_spoken_plain = true;
      const ssize_t size = ::send(state.socket.native_handle(), octets.data(), octets.size(), MSG_NOSIGNAL);
      if (size < 0 && errno == EINTR) continue;
      if (size < 0 && errno != EAGAIN && errno != EWOULDBLOCK) co_return state.system_error("writing", errno);
      if (size > 0) {
        octets.remove_prefix(static_cast<std::size_t>(size));
        continue;
      }
    } else {
      ERR_clear_error();
      errno = 0;
      std::size_t size = 0;
      const int done = SSL_write_ex(state.ssl.get(), octets.data(), octets.size(), &size);
      const int error_number = errno;
      if (done == 1) {
        octets.remove_prefix(size);
        continue;
      }
      const int error = SSL_get_error(state.ssl.get(), done);
      if (error != SSL_ERROR_WANT_WRITE && error != SSL_ERROR_WANT_READ) {
        co_return state.tls_io_error("writing", error, error_number);
      }
      if (error == SSL_ERROR_WANT_READ) direction = Direction::kRead;
    }
    if (auto ready = co_await state.wait(direction, kWhat); !ready) co_return std::unexpected(std::move(ready.error()));
  }
  co_return Result<void>();
}

}  // namespace sealpost::net
