// HELP (RFC 5321 §4.1.1.8).
#include "smtp/reply_catalogue.h"
#include "smtp/server/verbs.h"

namespace sealpost::smtp::server {

void run_help(Session& session, std::string_view) { session.say(catalogue::help()); }

}  // namespace sealpost::smtp::server
