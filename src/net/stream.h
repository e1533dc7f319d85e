// Stream: one TCP or Unix-domain connection, plain or under TLS, driven by OpenSSL directly on the non-blocking socket.
// There is no way back from TLS to plain text: when TLS ends, the connection ends (rules R3). One stream belongs to one
// executor. Every operation stops at the stream's deadline; after a time-out the stream is closed.
// A Stream is not moved while one of its operations waits, and does not outlive its io_context (in the frame of a task
// it dies with it).
#pragma once
#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "base/tls_facts.h"
#include "net/task.h"
#include "net/tls_context.h"
#include "net/tls_failure.h"

namespace sealpost::net {

/// Where a peer is, as text for logs and headers.
struct PeerAddress {
  std::string ip;  // "192.0.2.1", "2001:db8::1"; "local" for a Unix-domain socket
  std::uint16_t port = 0;
};

class Stream {
 public:
  /// Takes a connected socket; sets it non-blocking and TCP_NODELAY.
  explicit Stream(tcp::socket socket);
  ~Stream();  // closes at once, without close_notify
  Stream(Stream&&) noexcept;
  Stream& operator=(Stream&&) noexcept;

  /// Resolves `host` (a name or an address literal) and connects to the first address that answers, all within
  /// `deadline`.
  static Task<Result<Stream>> connect(std::string host, std::uint16_t port, SteadyTime deadline);
  /// Connects to a Unix-domain socket (LMTP).
  static Task<Result<Stream>> connect_unix(std::string path, SteadyTime deadline);

  /// From now on every operation fails with Fault::kTimeout when `deadline` passes. Costs no system call; precision is
  /// about 250 ms.
  void expires_at(SteadyTime deadline);

  /// Handshakes. The facts are the only proof that TLS is on. On failure the Error text says in words what happened
  /// ("the client spoke plain text: \"EHLO x\" on a port where TLS comes first").
  Task<Result<TlsFacts>> accept_tls(const ServerTlsContext& context);
  Task<Result<TlsFacts>> connect_tls(const ClientTlsContext& context, std::string server_name);
  bool is_secure() const;
  /// The peer's certificate chain, leaf first, and the verification result: for display by the client.
  PeerCertificate peer_certificate() const;

  /// Waits until at least one octet arrived. 0 means an orderly end (FIN, or close_notify under TLS).
  Task<Result<std::size_t>> read_some(std::span<char> buffer);
  /// Waits until something can be read, holding no buffer; then call read_some(), which may still wait (a partial TLS
  /// record). Nothing is half done here, so this is the one operation whose time-out leaves the stream open: there is
  /// time for a last word.
  Task<Result<void>> wait_readable();
  /// Lets a waiting wait_readable() return at once with success; without one, does nothing. On the stream's thread.
  void interrupt() noexcept;
  Task<Result<void>> write_all(std::string_view octets);

  /// close_notify when under TLS, then FIN; waits at most a second for the peer. Never fails.
  Task<void> shut_down();
  void close() noexcept;
  bool is_open() const;
  PeerAddress peer() const;
  asio::io_context& context();

 private:
  struct State;
  explicit Stream(std::unique_ptr<State> state);
  Task<Result<void>> handshake(TlsSide side);
  Task<Error> refuse_plain_text(std::string octets);
  Task<> linger();

  std::unique_ptr<State> state_;
};

}  // namespace sealpost::net
