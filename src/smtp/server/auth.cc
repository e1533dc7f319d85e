// AUTH (RFC 4954 §4): challenges and responses, one mechanism object per attempt, the verdict from the world. Never
// says why a login failed.
#include <algorithm>

#include "base/assert.h"
#include "base/base64.h"
#include "smtp/reply_catalogue.h"
#include "smtp/server/verbs.h"

namespace sealpost::smtp::server {

namespace {

/// The exchange is over without a login; the mechanism object dies.
void fail(Session& session, const Reply& reply) {
  session.end_transaction();
  session.say(reply);
}

void fail_and_count(Session& session, const Reply& reply) {
  fail(session, reply);
  session.count_auth_failure();
}

void take_response(Session& session, Authenticating& exchange, std::string_view response) {
  auto step = exchange.mechanism->respond(response);
  if (const auto* challenge = std::get_if<sasl::Challenge>(&step))
    return session.say(catalogue::auth_challenge(base64_encode(challenge->octets)));
  if (auto* verify = std::get_if<sasl::Verify>(&step))
    return session.ask(VerifyQuestion{std::move(exchange.mechanism_name), std::move(verify->credentials)});
  if (std::holds_alternative<sasl::Malformed>(step)) return fail(session, catalogue::auth_bad_base64());
  fail_and_count(session, catalogue::auth_failed());
}

}  // namespace

const Reply* check_auth(const Session& session) {
  // RFC 4954 §4: after one success every further AUTH is 503.
  if (session.principal()) return &catalogue::auth_already_done();
  if (!offers_auth(session.options(), session.facts())) return &catalogue::auth_not_offered();
  // An extension exists only where EHLO has offered it (RFC 5321 §2.2.1).
  if (!session.is_esmtp()) return &catalogue::bad_sequence(Verb::kEhlo);
  return nullptr;
}

void run_auth(Session& session, std::string_view argument) {
  auto command = parse_auth(argument);
  if (!command) return session.say(command.error());
  const auto& offered = session.options().mechanisms;
  const bool is_offered = std::ranges::find(offered, command->mechanism) != offered.end();
  auto mechanism = is_offered ? sasl::make_server_mechanism(command->mechanism) : nullptr;
  if (mechanism == nullptr) return session.say(catalogue::auth_mechanism_unknown());
  // RFC 4954 §4: the client must not speak first where the server does.
  if (command->initial_response && !mechanism->takes_initial_response())
    return session.say(catalogue::auth_initial_response_not_allowed());

  session.state() = Authenticating{std::move(command->mechanism), std::move(mechanism)};
  auto& exchange = std::get<Authenticating>(session.state());
  if (command->initial_response) return take_response(session, exchange, command->initial_response->reveal());
  session.say(catalogue::auth_challenge(base64_encode(exchange.mechanism->first_challenge().octets)));
}

void auth_response(Session& session, std::string_view line) {
  const auto response = parse_auth_response(line);
  if (!response) return fail(session, response.error());
  take_response(session, std::get<Authenticating>(session.state()), response->reveal());
}

void auth_answered(Session& session, Answer answer) {
  if (auto* verified = std::get_if<Verified>(&answer)) {
    session.end_transaction();
    session.set_principal(std::move(verified->principal));
    return session.say(catalogue::auth_successful());
  }
  const auto* refusal = std::get_if<Reply>(&answer);
  SEALPOST_ASSERT(refusal != nullptr, "AskVerify is answered with Verified or a Reply");
  // RFC 4954 §6: a back end that is down (454) is nobody's wrong password.
  if (refusal->is_permanent_failure()) return fail_and_count(session, *refusal);
  fail(session, *refusal);
}

}  // namespace sealpost::smtp::server
