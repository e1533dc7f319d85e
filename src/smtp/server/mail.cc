// MAIL (RFC 5321 §4.1.1.2): begins a transaction when the world lets the sender.
#include "base/assert.h"
#include "smtp/reply_catalogue.h"
#include "smtp/server/verbs.h"

namespace sealpost::smtp::server {

void run_mail(Session& session, std::string_view argument) {
  auto mail = parse_mail(argument);
  if (!mail) return session.say(mail.error());
  // RFC 5321 §2.2.1: parameters belong to extensions, which HELO did not offer.
  if (!session.is_esmtp() && mail->parameters != MailParameters{})
    return session.say(catalogue::unsupported_parameter());
  // RFC 1870 §6.1: what is declared too big is refused before it is sent.
  if (mail->parameters.size && is_over_size_max(session.options(), *mail->parameters.size))
    return session.say(catalogue::message_too_big());
  session.ask(SenderQuestion{std::move(*mail)});
}

void mail_answered(Session& session, SenderQuestion asked, Answer answer) {
  if (const auto* refusal = std::get_if<Reply>(&answer)) return session.say(*refusal);
  SEALPOST_ASSERT(std::holds_alternative<Allowed>(answer), "AskSender is answered with Allowed or a Reply");
  Transaction transaction;
  transaction.envelope.reverse_path = std::move(asked.mail.reverse_path);
  transaction.envelope.parameters = std::move(asked.mail.parameters);
  session.state() = std::move(transaction);
  session.say(catalogue::sender_ok());
}

}  // namespace sealpost::smtp::server
