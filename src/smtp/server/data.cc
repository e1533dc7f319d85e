// DATA (RFC 5321 §4.1.1.4): 354 only when there is a recipient and the world has room (RFC 5321 §6.1).
#include "base/assert.h"
#include "smtp/reply_catalogue.h"
#include "smtp/server/verbs.h"

namespace sealpost::smtp::server {

const Reply* check_data(const Session& session) {
  const Transaction& transaction = session.transaction();
  if (!transaction.envelope.recipients.empty()) return nullptr;
  // RFC 2920 §3.2: with all recipients refused a pipelining client must learn it here, before it sends content.
  return transaction.has_refused_recipient ? &catalogue::no_valid_recipients() : &catalogue::bad_sequence(Verb::kRcpt);
}

void run_data(Session& session, std::string_view) { session.ask(ContentQuestion{}); }

void data_answered(Session& session, Answer answer) {
  if (const auto* refusal = std::get_if<Reply>(&answer)) {
    session.end_transaction();
    return session.say(*refusal);
  }
  SEALPOST_ASSERT(std::holds_alternative<Allowed>(answer), "AskContent is answered with Allowed or a Reply");
  Transaction& transaction = session.transaction();
  transaction.is_reserved = true;
  transaction.stage = ReceivingData{};
  session.say(catalogue::start_content());
}

}  // namespace sealpost::smtp::server
