// What a Stream is made of, for the files that implement it: stream.cc (reading and writing), stream_handshake.cc,
// stream_connect.cc, stream_shut_down.cc.
#pragma once
#include <string>

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>

#include "net/deadline.h"
#include "net/openssl.h"
#include "net/stream.h"
#include "net/verification.h"

namespace sealpost::net {

/// One type for TCP and Unix-domain sockets, without the type-erased executor of tcp::socket.
using Socket = asio::basic_stream_socket<asio::generic::stream_protocol, asio::io_context::executor_type>;

enum class Direction : std::uint8_t { kRead, kWrite };

struct Stream::State {
  explicit State(Socket connected);

  asio::io_context& context;
  DeadlineKeeper& keeper;
  Socket socket;
  SslPtr ssl;
  SteadyTime deadline = SteadyTime::max();
  PeerAddress peer;
  std::string server_name;     // the name that connect_tls() asked for
  std::string session_server;  // the key of its resumable session
  VerificationFailure verification;
  /// Octets may be waiting: the last read filled its buffer, or a wait has just said so. Otherwise a read waits before
  /// it tries, which saves the read(2) that only learns EAGAIN.
  bool may_be_readable = false;
  bool is_interrupted = false;  // interrupt() ended the wait
  bool is_idle_wait = false;    // wait_readable() waits, and nothing else
  bool is_secure = false;       // the handshake is done
  bool has_ended = false;       // the peer sent FIN or close_notify
  bool has_spoken_plain = false;
  int reads_without_wait = 0;

  /// How a wait ended, before anybody decides what that means.
  enum class WaitEnd : std::uint8_t { kReady, kExpired, kClosed, kFailed };
  Task<WaitEnd> wait_for_readiness(Direction direction, error_code& error);
  /// Waits for the socket, at most until the deadline. Closes on failure. `what` names the operation for the error
  /// text.
  Task<Result<void>> wait(Direction direction, const char* what);
  std::unexpected<Error> closed_error() const;
  std::unexpected<Error> timeout_error(const char* what);
  /// Closes, and describes what OpenSSL or the kernel said: `ssl_error` is from SSL_get_error(), `system_error` is
  /// errno.
  std::unexpected<Error> tls_io_error(const char* what, int ssl_error, int system_error);
  std::unexpected<Error> system_error(const char* what, int error);
  void close() noexcept;
};

/// "192.0.2.1" and port of a socket's other end; IPv4 addresses that came in through an IPv6 socket are shown as IPv4.
PeerAddress peer_address_of(const Socket& socket);

/// Fault of a socket error: kNetwork for what the peer or the net did, kResource for what we lack.
Fault fault_of_socket_error(int error);

}  // namespace sealpost::net
