// NOOP (RFC 5321 §4.1.1.9): no effect, in no state.
#include "smtp/reply_catalogue.h"
#include "smtp/server/verbs.h"

namespace sealpost::smtp::server {

void run_noop(Session& session, std::string_view) { session.say(catalogue::ok()); }

}  // namespace sealpost::smtp::server
