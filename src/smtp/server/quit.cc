// QUIT (RFC 5321 §4.1.1.10): 221 and the end; an open transaction is dropped.
#include "smtp/reply_catalogue.h"
#include "smtp/server/verbs.h"

namespace sealpost::smtp::server {

void run_quit(Session& session, std::string_view) {
  session.say(catalogue::bye());
  session.close(CloseReason::kQuit);
}

}  // namespace sealpost::smtp::server
