// TLS contexts: what both sides offer and accept (RFC 8314 §4, RFC 9325): TLS 1.2 and 1.3, AEAD with ECDHE, no
// renegotiation, no compression, no early data, no session cache; stateless tickets under rotating keys that are bound
// to one listener.
#pragma once
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

using SSL_CTX = struct ssl_ctx_st;

namespace sealpost::net {

struct ServerTlsOptions {
  std::string certificate_file;  // PEM chain, leaf first
  std::string private_key_file;  // PEM
  std::string listener_name;     // tickets of one listener are refused by another
};

/// What an operator has to know about a certificate that loaded.
struct CertificateFacts {
  std::string subject;  // "CN=mail.example.com"
  std::string issuer;
  std::vector<std::string> names;  // DNS names of subjectAltName
  WallTime not_before;
  WallTime not_after;
};

class ServerTlsContext {
 public:
  /// Reads and checks. The Error names the file and says what is wrong in words: missing, unreadable, not PEM, key and
  /// certificate swapped, key of another certificate, encrypted key, RSA below 2048 bits. An expired certificate is no
  /// error; see warnings().
  static Result<ServerTlsContext> load(const ServerTlsOptions& options);
  ~ServerTlsContext();
  ServerTlsContext(ServerTlsContext&&) noexcept;
  ServerTlsContext& operator=(ServerTlsContext&&) noexcept;

  const CertificateFacts& certificate() const;
  /// "tls/cert.pem expired on 2026-11-01, 22 days ago", "… expires in 6 days", "… names no host like mail.example.com",
  /// "no intermediate certificate …".
  std::vector<std::string> warnings(WallTime now, std::string_view hostname) const;
  SSL_CTX* native() const;

 private:
  struct State;
  explicit ServerTlsContext(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

struct ClientTlsOptions {
  std::string ca_file;   // PEM; empty: the system's roots
  bool verifies = true;  // false only for opportunistic TLS, where anything beats clear text
  bool offers_resumption = true;
};

class ClientTlsContext {
 public:
  static Result<ClientTlsContext> make(const ClientTlsOptions& options);
  ~ClientTlsContext();
  ClientTlsContext(ClientTlsContext&&) noexcept;
  ClientTlsContext& operator=(ClientTlsContext&&) noexcept;
  bool verifies() const;
  SSL_CTX* native() const;

 private:
  struct State;
  explicit ClientTlsContext(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

struct PeerCertificate {
  bool is_present = false;
  bool is_verified = false;       // chain to a trusted root and the name fits (RFC 7817 §3, RFC 9525)
  std::string verification_text;  // "ok", "self-signed certificate", "the certificate is for other.example, not
                                  // mail.example.com"
  CertificateFacts facts;
};

}  // namespace sealpost::net
