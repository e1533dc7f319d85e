// EHLO and HELO (RFC 5321 §4.1.1.1).
#include "smtp/reply_catalogue.h"
#include "smtp/server/verbs.h"

namespace sealpost::smtp::server {

namespace {

/// False when the argument was refused.
bool take_hello(Session& session, Verb verb, std::string_view argument) {
  auto name = parse_hello(verb, argument);
  if (!name) return session.say(name.error()), false;
  // RFC 5321 §4.1.4: EHLO in mid-session clears everything, exactly as RSET does.
  session.end_transaction();
  session.set_hello(std::move(*name), verb == Verb::kEhlo);
  return true;
}

}  // namespace

void run_ehlo(Session& session, std::string_view argument) {
  if (take_hello(session, Verb::kEhlo, argument)) session.say(ehlo_reply(session.options(), session.facts()));
}

void run_helo(Session& session, std::string_view argument) {
  if (take_hello(session, Verb::kHelo, argument)) session.say(catalogue::hello(session.options().hostname));
}

}  // namespace sealpost::smtp::server
