// ClientSessions: one resumable TLS session per server, for the next connection to it (RFC 8446 §4.6.1). Bounded; in
// memory only. RFC 8446 §C.4: a ticket is used once, so taking it removes it.
#pragma once
#include <cstddef>
#include <mutex>
#include <string>
#include <unordered_map>

#include "net/openssl.h"

namespace sealpost::net {

inline constexpr std::size_t kClientSessionsMax = 256;

/// Thread-safe.
class ClientSessions {
 public:
  void put(const std::string& server, SessionPtr session);
  SessionPtr take(const std::string& server);
  std::size_t size();

 private:
  std::mutex mutex_;
  std::unordered_map<std::string, SessionPtr> sessions_;
};

/// The sessions that belong to a client context; nullptr when it offers no resumption.
ClientSessions* client_sessions_of(SSL_CTX* context);

/// Which server a connection talks to ("mail.example.com:465"): the name its sessions are kept under. `server` must
/// outlive `ssl`.
void set_session_server(SSL* ssl, const std::string* server);
const std::string* session_server_of(const SSL* ssl);

}  // namespace sealpost::net
