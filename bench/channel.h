// Channel: a non-blocking connection with two plain buffers, `input` and `output`, in clear or under TLS. One recv and
// one send per readiness, whatever the number of records: OpenSSL reads and writes memory, this class the socket.
// Never parses; never blocks; keeps no buffer while idle.
#pragma once
#include <string>
#include <string_view>

#include "sockets.h"
#include "tls.h"

namespace sealpost::bench {

class Channel {
 public:
  enum class Status { kOpen, kClosed, kFailed };

  explicit Channel(Descriptor socket) : socket_(std::move(socket)) {}
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  int descriptor() const { return socket_.get(); }

  /// From here on everything is TLS. What `output` holds is sent in clear before it.
  void start_tls_as_server(SSL_CTX* context);
  void start_tls_as_client(SSL_CTX* context, SSL_SESSION* resume);
  bool is_handshaking() const { return is_handshaking_; }
  bool is_secure() const { return tls_ && !is_handshaking_; }
  bool is_resumed() const { return tls_ && SSL_session_reused(tls_.get()) == 1; }

  /// Moves what has arrived into `input`. kClosed: the peer has ended; kFailed: `failure()` says why.
  Status receive();
  /// Sends `output` as far as the socket takes it.
  Status flush();
  /// Whether the socket must become writable before the rest can go; output that waits for the handshake does not
  /// count.
  bool has_unsent() const { return sent_ < wire_.size(); }
  /// Appends close_notify (RFC 8314 §3.4) and sends what can be sent without waiting.
  void close_politely();

  const std::string& failure() const { return failure_; }

  std::string input;
  std::string output;
  /// The events this channel is registered for with epoll; kept here so that it is changed only when it differs.
  std::uint32_t registered_events = 0;

 private:
  static BIO_METHOD* memory_method();
  static int read_arrived(BIO* bio, char* buffer, int size);
  static int write_wire(BIO* bio, const char* data, int size);
  static long control(BIO* bio, int command, long number, void* pointer);

  void attach_tls(SSL_CTX* context);
  Status take_records();
  Status continue_handshake();
  Status fail(std::string text);
  Status send_wire();

  Descriptor socket_;
  SslConnection tls_;
  bool is_handshaking_ = false;
  std::string_view arrived_;  // Valid only inside receive().
  std::string wire_;
  std::size_t sent_ = 0;
  std::string failure_;
};

}  // namespace sealpost::bench
