// TLS contexts of the benchmark programs. TLS 1.2 and 1.3 (RFC 9325 §3.1.1), one session ticket per connection.
// The client side never verifies the server: it measures loopback servers with throwaway certificates.
#pragma once
#include <memory>
#include <string>

#include <openssl/ssl.h>

namespace sealpost::bench {

enum class TlsMode { kImplicit, kStartTls, kNone };

struct FreeSsl {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* connection) const { SSL_free(connection); }
  void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
};
using SslContext = std::unique_ptr<SSL_CTX, FreeSsl>;
using SslConnection = std::unique_ptr<SSL, FreeSsl>;
using SslSession = std::unique_ptr<SSL_SESSION, FreeSsl>;

/// Certificate and key from PEM files, or, when both names are empty, a throwaway ECDSA P-256 pair made in memory.
SslContext server_context(const std::string& certificate_file, const std::string& key_file);

/// A client context that keeps the newest session for resumption. One per thread.
class ClientTls {
 public:
  explicit ClientTls(bool resume);
  ClientTls(const ClientTls&) = delete;
  ClientTls& operator=(const ClientTls&) = delete;

  SSL_CTX* context() const { return context_.get(); }
  /// The newest session, or null when there is none or resumption is off. A copy, because OpenSSL retires a TLS 1.3
  /// session at the end of the handshake that resumed it, and connections that begin meanwhile want to resume it too.
  SslSession session_copy() const { return SslSession(session_ ? SSL_SESSION_dup(session_.get()) : nullptr); }

 private:
  static int keep_session(SSL* connection, SSL_SESSION* session);

  SslContext context_;
  SslSession session_;
};

/// The oldest error in OpenSSL's queue as a short text; empties the queue.
std::string tls_error_text();

}  // namespace sealpost::bench
