// Route: which recipients go where, as the configuration says it. Plain values; the first route whose pattern fits a
// recipient's domain wins. Never: a look-up, a connection, a default that opens more than was written.
#pragma once
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"
#include "smtp/address.h"

namespace sealpost::delivery {

enum class RouteKind : std::uint8_t {
  kSmtp,     // a fixed host (smarthost)
  kLmtp,     // a fixed host or a Unix-domain socket, RFC 2033
  kMaildir,  // files below a directory
  kDiscard,  // accepted and thrown away: for load tests
};

enum class RouteTls : std::uint8_t {
  kNone,
  kOpportunistic,  // STARTTLS when offered, unverified; clear text when it is not offered or the handshake fails (RFC
                   // 7435)
  kRequired,       // STARTTLS with a verified certificate, or no delivery
  kImplicit,       // TLS from the first octet with a verified certificate (RFC 8314 §3)
};

struct Route {
  std::string name;  // for logs and `queue stats`; filled in by describe() when empty
  std::vector<std::string>
      domains;  // "*", "example.com", "*.example.com" (subdomains only); ASCII case does not matter
  RouteKind kind = RouteKind::kSmtp;

  // kSmtp and kLmtp
  std::string host;
  std::uint16_t port = 25;
  std::string unix_socket;  // kLmtp: instead of host and port
  RouteTls tls = RouteTls::kOpportunistic;
  std::string username;  // empty: no AUTH
  SecretString password;
  std::string ca_file;                         // PEM; empty: the system's roots
  bool may_auth_without_tls_insecure = false;  // AUTH over clear text, e.g. to a relay on loopback
  std::size_t connections_max = 10;            // at the same time
  std::size_t messages_per_connection_max = 1000;
  std::chrono::seconds idle_close{5};  // how long an unused connection stays open

  // kMaildir: may contain "{local_part}" and "{domain}"; a recipient whose value is not plainly safe as a file name is
  // refused.
  std::string path;
};

/// "smtp:mail.example.com:25", "lmtp:/run/dovecot/lmtp", "maildir:/var/mail/ann", "discard".
std::string describe(const Route& route);

/// Whether one pattern of a route fits a domain.
bool pattern_fits(std::string_view pattern, const smtp::Domain& domain);

}  // namespace sealpost::delivery
