// A small map behind a lock.
#include "net/client_sessions.h"

namespace sealpost::net {

namespace {

int server_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

}  // namespace

void set_session_server(SSL* ssl, const std::string* server) {
  // OpenSSL keeps the pointer without touching what it points to.
  SSL_set_ex_data(ssl, server_index(), const_cast<std::string*>(server));
}

const std::string* session_server_of(const SSL* ssl) {
  return static_cast<const std::string*>(SSL_get_ex_data(ssl, server_index()));
}

void ClientSessions::put(const std::string& server, SessionPtr session) {
  const std::lock_guard lock(mutex_);
  // Which one gives way hardly matters: it costs one full handshake.
  if (sessions_.size() >= kClientSessionsMax && !sessions_.contains(server)) sessions_.erase(sessions_.begin());
  sessions_[server] = std::move(session);
}

SessionPtr ClientSessions::take(const std::string& server) {
  const std::lock_guard lock(mutex_);
  const auto found = sessions_.find(server);
  if (found == sessions_.end()) return nullptr;
  if (SSL_SESSION_get_protocol_version(found->second.get()) < TLS1_3_VERSION) {
    // A TLS 1.2 ticket serves many times; a copy, because OpenSSL changes the one in use.
    return SessionPtr(SSL_SESSION_dup(found->second.get()));
  }
  SessionPtr session = std::move(found->second);
  sessions_.erase(found);
  return session;
}

std::size_t ClientSessions::size() {
  const std::lock_guard lock(mutex_);
  return sessions_.size();
}

}  // namespace sealpost::net
