// STARTTLS (RFC 3207 §4). The session ends with it: what it knew in clear is forgotten (rule R2), because a new one is
// built after the handshake.
#include "smtp/reply_catalogue.h"
#include "smtp/server/verbs.h"

namespace sealpost::smtp::server {

const Reply* check_starttls(const Session& session) {
  // RFC 3207 §4.2: not within TLS. On port 465 some clients try all the same, so the session goes on.
  if (session.tls()) return &catalogue::tls_already_active();
  if (!session.options().is_starttls_available) return &catalogue::tls_not_available();
  return nullptr;
}

void run_starttls(Session& session, std::string_view) { session.start_tls(); }

}  // namespace sealpost::smtp::server
