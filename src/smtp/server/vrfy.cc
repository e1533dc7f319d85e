// VRFY (RFC 5321 §4.1.1.6): always 252, so that nobody can harvest addresses (RFC 5321 §7.3).
#include "smtp/reply_catalogue.h"
#include "smtp/server/verbs.h"

namespace sealpost::smtp::server {

void run_vrfy(Session& session, std::string_view) { session.say(catalogue::cannot_verify()); }

}  // namespace sealpost::smtp::server
