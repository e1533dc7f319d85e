// RSET (RFC 5321 §4.1.1.5): ends the transaction. Authentication and the hello stay.
#include "smtp/reply_catalogue.h"
#include "smtp/server/verbs.h"

namespace sealpost::smtp::server {

void run_rset(Session& session, std::string_view) {
  session.end_transaction();
  session.say(catalogue::ok());
}

}  // namespace sealpost::smtp::server
