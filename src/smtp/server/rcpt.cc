// RCPT (RFC 5321 §4.1.1.3): adds one recipient when the world allows it.
#include "base/assert.h"
#include "smtp/reply_catalogue.h"
#include "smtp/server/verbs.h"

namespace sealpost::smtp::server {

namespace {

void refuse(Session& session, const Reply& reply) {
  session.transaction().has_refused_recipient = true;
  session.say(reply);
}

}  // namespace

void run_rcpt(Session& session, std::string_view argument) {
  const Envelope& envelope = session.transaction().envelope;
  const Charset charset = envelope.parameters.is_smtputf8 ? Charset::kUtf8 : Charset::kAscii;
  auto recipient = parse_rcpt(argument, charset, session.options().hostname);
  if (!recipient) return refuse(session, recipient.error());
  if (!session.is_esmtp() && recipient->parameters != RcptParameters{})
    return refuse(session, catalogue::unsupported_parameter());
  // RFC 5321 §4.5.3.1.10: 452, so that the client sends the rest in a second transaction.
  if (envelope.recipients.size() >= session.options().recipients_max)
    return refuse(session, catalogue::too_many_recipients());
  session.ask(RecipientQuestion{std::move(*recipient)});
}

void rcpt_answered(Session& session, RecipientQuestion asked, Answer answer) {
  if (const auto* refusal = std::get_if<Reply>(&answer)) return refuse(session, *refusal);
  SEALPOST_ASSERT(std::holds_alternative<Allowed>(answer), "AskRecipient is answered with Allowed or a Reply");
  session.transaction().envelope.recipients.push_back(std::move(asked.recipient));
  session.say(catalogue::recipient_ok());
}

}  // namespace sealpost::smtp::server
