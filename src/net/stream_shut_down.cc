// Stream: the orderly end. RFC 8314 §3.4: close_notify before the TCP connection is closed.
#include <algorithm>
#include <array>
#include <cerrno>

#include <openssl/err.h>
#include <sys/socket.h>

#include "net/stream_state.h"

namespace sealpost::net {

namespace {

/// How long a peer may take to answer our FIN with its own, and how much it may still send.
constexpr std::chrono::seconds kLinger{1};
constexpr std::size_t kLingerOctetsMax = std::size_t{64} * 1024;

}  // namespace

Task<> Stream::shut_down() {
  State& state = *state_;
  if (!state.socket.is_open()) co_return;
  state.deadline = std::min(state.deadline, steady_now() + kLinger);
  if (state.is_secure) {
    // RFC 8446 §6.1: each side says that it will send no more. A full socket buffer is waited for, once.
    ERR_clear_error();
    const int said = SSL_shutdown(state.ssl.get());
    if (said < 0 && SSL_get_error(state.ssl.get(), said) == SSL_ERROR_WANT_WRITE) {
      const auto ready = co_await state.wait(Direction::kWrite, "saying goodbye");
      if (ready) SSL_shutdown(state.ssl.get());
    }
    ERR_clear_error();
  }
  co_await linger();
}

/// FIN, then reads and drops until the peer's FIN. Closing while unread octets wait would send RST, and RST may destroy
/// our last words on their way to the peer.
Task<> Stream::linger() {
  State& state = *state_;
  if (!state.socket.is_open()) co_return;
  state.deadline = std::min(state.deadline, steady_now() + kLinger);
  error_code ignored;
  state.socket.shutdown(Socket::shutdown_send, ignored);
  std::array<char, 4096> dropped;  // NOLINT: written by the kernel only
  std::size_t total = 0;
  while (state.socket.is_open() && total < kLingerOctetsMax) {
    const ssize_t size = ::recv(state.socket.native_handle(), dropped.data(), dropped.size(), 0);
    if (size > 0) {
      total += static_cast<std::size_t>(size);
      continue;
    }
    if (size == 0 || (errno != EAGAIN && errno != EINTR)) break;
    if (errno == EINTR) continue;
    if (auto ready = co_await state.wait(Direction::kRead, "saying goodbye"); !ready) break;
  }
  state.close();
}

}  // namespace sealpost::net
