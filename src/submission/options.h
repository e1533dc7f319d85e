// What the submission server is told by its composer: listeners, limits, and the services it asks.
#pragma once
#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "identity/verifier.h"
#include "net/tls_context.h"
#include "queue/queue.h"
#include "smtp/server_session.h"

namespace sealpost::submission {

struct Limits {
  std::chrono::seconds handshake{10};  // whole TLS handshake (design rule R6)
  std::chrono::seconds command{300};   // RFC 5321 §4.5.3.2.7: at least 5 minutes between commands
  std::chrono::seconds content{300};   // to begin with; grows with what arrives at `content_rate_min`
  Bytes content_rate_min{500};         // per second; slower than this is no client but an attack
  std::size_t connections_max = 10'000;
};

/// One listening address and what is spoken on it. Outlives every connection it accepted.
struct ListenerOptions {
  std::string name;     // what the log calls it: "submissions@127.0.0.1:4465"
  std::string address;  // "127.0.0.1:4465"
  smtp::ServerOptions session;
  const net::ServerTlsContext* tls = nullptr;  // null only for the service smtp without a certificate
  std::vector<std::string> local_domains;      // service smtp: what may be delivered without AUTH
};

/// Who answers the sessions' questions. All of them outlive the server.
struct Services {
  identity::Verifier& verifier;
  queue::Queue& queue;
};

}  // namespace sealpost::submission
