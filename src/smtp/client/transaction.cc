// MAIL, RCPT and DATA (RFC 5321 §3.3, RFC 2920): sent in groups when the server pipelines, one at a time when it does
// not; the only difference is the size of a group. Every reply is looked at, and each recipient gets exactly one final
// reply.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/assert.h"
#include "smtp/client/commands.h"
#include "smtp/client/state.h"

namespace sealpost::smtp {

namespace {

/// RFC 5321 §4.5.3.1.10: servers that ran out of room for recipients used to say 552 where 452 is meant; the client
/// treats it so. A mailbox that is full says 5.2.2 and is left as it is.
bool means_too_many_recipients(const Reply& reply, bool were_others_accepted) {
  return reply.code == 552 && were_others_accepted &&
         (reply.enhanced_code.is_none() || reply.enhanced_code == EnhancedCode{5, 5, 3});
}

}  // namespace

void ClientTransaction::decide_rest(const Reply& reply) {
  for (Reply& outcome_of_one : outcome.per_recipient) {
    if (outcome_of_one.code == 0) outcome_of_one = reply;
  }
}

void ClientSession::State::begin(const Mail& mail) {
  SEALPOST_ASSERT(mail.envelope != nullptr && !mail.envelope->recipients.empty(), "a transaction has recipients");
  if (closed) return;
  SEALPOST_ASSERT(phase == ClientPhase::kIdle, "transactions follow one another");
  transaction.emplace();
  transaction->mail = mail;
  transaction->outcome.per_recipient.resize(mail.envelope->recipients.size());
  phase = ClientPhase::kTalking;
  if (refuse_locally()) return finish_transaction();
  send_group();
}

bool ClientSession::State::refuse_locally() {
  ClientTransaction& t = *transaction;
  // RFC 1870 §5: a message that the server has said it will not take is not offered to it.
  if (extensions.size_max && extensions.size_max->count > 0 && t.mail.size > *extensions.size_max) {
    t.decide_rest({552,
                   {5, 3, 4},
                   fmt::format("The message has {} octets; {} takes at most {}", t.mail.size.count, extensions.hostname,
                               extensions.size_max->count)});
  }
  if (!extensions.has_smtputf8) {
    // RFC 6531 §3.2: without SMTPUTF8 an internationalized message is not sent to this server.
    const Reply refusal = {550, {5, 6, 7}, extensions.hostname + " does not take internationalized mail (SMTPUTF8)"};
    const auto& recipients = t.mail.envelope->recipients;
    for (std::size_t i = 0; i < recipients.size(); ++i) {
      Reply& outcome = t.outcome.per_recipient[i];
      if (outcome.code == 0 && !recipients[i].forward_path.is_ascii()) outcome = refusal;
    }
    if (needs_smtputf8(t.mail)) t.decide_rest(refusal);
  }
  return std::ranges::none_of(t.outcome.per_recipient, [](const Reply& reply) { return reply.code == 0; });
}

void ClientSession::State::send_group() {
  ClientTransaction& t = *transaction;
  std::size_t room = extensions.has_pipelining && options.may_pipeline ? kPipelineGroupMax : 1;
  if (std::exchange(needs_reset, false)) {
    command("RSET", ClientCommand::kReset);
    --room;
  }
  if (room > 0 && !t.is_mail_sent) {
    command(mail_command(t.mail, extensions, is_authenticated), ClientCommand::kMail);
    t.is_mail_sent = true;
    --room;
  }
  const auto& recipients = t.mail.envelope->recipients;
  for (; room > 0 && t.next_recipient < recipients.size(); ++t.next_recipient) {
    if (t.outcome.per_recipient[t.next_recipient].code != 0) continue;
    command(rcpt_command(recipients[t.next_recipient], extensions), ClientCommand::kRcpt, t.next_recipient);
    --room;
  }
  if (room == 0 || t.next_recipient < recipients.size()) return;
  if (expected_replies.empty() && t.accepted.empty()) {
    // All refused, and known in time: no DATA. The server's transaction is given up together with the next MAIL, or by
    // QUIT.
    needs_reset = true;
    return finish_transaction();
  }
  command("DATA", ClientCommand::kData);
  t.is_data_sent = true;
}

void ClientSession::State::advance_transaction() {
  if (!expected_replies.empty()) return;
  if (transaction->is_refused) return finish_transaction();
  send_group();
}

void ClientSession::State::finish_transaction() { phase = ClientPhase::kDone; }

void ClientSession::State::handle_reset(const Reply& reply) {
  if (reply.code / 100 != 2) return fail(ClientClosed::Stage::kTransaction, reply, "the server refuses RSET");
  advance_transaction();
}

void ClientSession::State::handle_mail(const Reply& reply) {
  if (reply.code / 100 == 3) return fail_protocol("the server answers MAIL with " + reply.to_line());
  if (!reply.is_positive()) {
    transaction->is_refused = true;
    transaction->decide_rest(reply);
  }
  advance_transaction();
}

void ClientSession::State::handle_rcpt(std::size_t recipient, const Reply& reply) {
  ClientTransaction& t = *transaction;
  if (reply.code / 100 == 3) return fail_protocol("the server answers RCPT with " + reply.to_line());
  if (!t.is_refused) {
    if (reply.is_positive()) {
      t.accepted.push_back(recipient);
    } else {
      Reply& outcome = t.outcome.per_recipient[recipient];
      outcome = reply;
      if (means_too_many_recipients(reply, !t.accepted.empty())) {
        outcome.code = 452;
        outcome.enhanced_code = {4, 5, 3};
      }
    }
  }
  advance_transaction();
}

void ClientSession::State::handle_data(const Reply& reply) {
  ClientTransaction& t = *transaction;
  if (reply.code == 354) {
    if (!t.accepted.empty()) {
      phase = ClientPhase::kContent;
      return;
    }
    // RFC 2920 §3.1: a server may say 354 though no recipient is left; it gets a single dot. Its reply cannot deliver
    // anything to anybody.
    if (options.flavour == Flavour::kSmtp) return command(".", ClientCommand::kContent);
    // RFC 2033 §4.2: with LMTP there is nobody to reply for, so nothing tells where this transaction ends.
    return fail_protocol("the server wants content for no recipient");
  }
  if (reply.is_positive()) return fail_protocol("the server answers DATA with " + reply.to_line());
  t.decide_rest(reply);
  needs_reset = !t.is_refused;
  finish_transaction();
}

void ClientSession::State::handle_content(std::size_t recipient, const Reply& reply) {
  ClientTransaction& t = *transaction;
  if (reply.code / 100 == 3) return fail_protocol("the server answers the content with " + reply.to_line());
  if (options.flavour == Flavour::kLmtp) {
    t.outcome.per_recipient[recipient] = reply;
  } else if (!t.accepted.empty()) {
    t.decide_rest(reply);
  }
  if (expected_replies.empty()) finish_transaction();
}

}  // namespace sealpost::smtp
