// Settlement, one rule per function.
#include "queue/settlement.h"

#include <algorithm>
#include <string>

#include "base/assert.h"

namespace sealpost::queue {

namespace {

using spool::RecipientState;
using spool::RecipientStatus;

// After reports could not be stored. The disk is full or nearly; an operator needs minutes at least.
constexpr std::chrono::minutes kPostponement{5};

void keep_reply(RecipientState& state, const smtp::Reply& reply) {
  state.last_reply.code = reply.code;
  state.last_reply.enhanced_code = reply.enhanced_code;
  std::size_t size = std::min(reply.text.size(), kReplyTextMax);
  // A cut never leaves half a UTF-8 character.
  while (size > 0 && size < reply.text.size() && (static_cast<unsigned char>(reply.text[size]) & 0xC0) == 0x80) --size;
  state.last_reply.text.assign(reply.text, 0, size);
}

void owe(const spool::Stored& stored, const Owed& owed, Settlement& settlement) {
  const smtp::Envelope& envelope = stored.record.envelope;
  const smtp::Notify& notify = envelope.recipients[owed.recipient].parameters.notify;
  if (dsn::owes_report(envelope.reverse_path, notify, owed.action)) settlement.owed.push_back(owed);
}

void fail_recipient(spool::Stored& stored, std::size_t recipient, std::string_view remote_mta, Settlement& settlement) {
  stored.state.recipients[recipient].status = RecipientStatus::kFailed;
  settlement.failed.push_back(recipient);
  owe(stored, {recipient, dsn::Action::kFailed, remote_mta}, settlement);
}

void settle_recipient(spool::Stored& stored, const RecipientOutcome& outcome, Settlement& settlement) {
  RecipientState& state = stored.state.recipients[outcome.recipient];
  SEALPOST_ASSERT(state.status == RecipientStatus::kPending, "a recipient that is done is not tried again");
  keep_reply(state, outcome.reply);
  if (outcome.reply.is_positive()) {
    state.status = RecipientStatus::kDelivered;
    // RFC 3461 §6.2.1: a server that took NOTIFY over reports itself. §6.2.3: for one that cannot, we say "relayed".
    if (outcome.is_dsn_passed_on) return;
    const auto action = outcome.is_final ? dsn::Action::kDelivered : dsn::Action::kRelayed;
    owe(stored, {outcome.recipient, action, outcome.remote_mta}, settlement);
  } else if (outcome.reply.is_permanent_failure()) {
    fail_recipient(stored, outcome.recipient, outcome.remote_mta, settlement);
  }
}

// RFC 5321 §4.5.4.1: the give-up time has come. RFC 3463 §3.5: X.4.7 delivery time expired; the class stays 4, since
// nobody said "never".
void expire(spool::Stored& stored, Settlement& settlement) {
  for (std::size_t i = 0; i < stored.state.recipients.size(); ++i) {
    RecipientState& state = stored.state.recipients[i];
    if (state.status != RecipientStatus::kPending) continue;
    std::string text = "delivery time expired";
    if (state.last_reply.code != 0) text += "; last reply: " + state.last_reply.to_line();
    keep_reply(state, smtp::Reply{451, {4, 4, 7}, std::move(text)});
    fail_recipient(stored, i, {}, settlement);
  }
}

void warn_of_delay(spool::Stored& stored, std::span<const RecipientOutcome> outcomes, const SettlementRules& rules,
                   const Moment& moment, Settlement& settlement) {
  if (rules.delay_warning.count() == 0 || stored.state.delay_reported) return;
  if (moment.now - stored.record.arrived < rules.delay_warning) return;
  for (std::size_t i = 0; i < stored.state.recipients.size(); ++i) {
    if (stored.state.recipients[i].status != RecipientStatus::kPending) continue;
    const auto outcome = std::ranges::find(outcomes, i, &RecipientOutcome::recipient);
    const std::string_view remote_mta = outcome == outcomes.end() ? std::string_view{} : outcome->remote_mta;
    owe(stored, {i, dsn::Action::kDelayed, remote_mta}, settlement);
  }
  // Once in the life of a message, also when nobody wants to hear it.
  stored.state.delay_reported = moment.now;
}

// A message that never reached a suspended destination is tried when the suspension ends; one that has been tried
// before keeps to the curve, so that a long backlog does not come back with every probe.
WallTime planned(WallTime by_curve, std::uint32_t attempts, const Moment& moment) {
  if (!moment.retry_at) return by_curve;
  return attempts == 1 ? *moment.retry_at : std::max(by_curve, *moment.retry_at);
}

bool is_pending(const RecipientState& state) { return state.status == RecipientStatus::kPending; }

}  // namespace

Settlement settle(spool::Stored& stored, std::span<const RecipientOutcome> outcomes, bool is_last,
                  const SettlementRules& rules, const Moment& moment) {
  Settlement settlement;
  for (const RecipientOutcome& outcome : outcomes) settle_recipient(stored, outcome, settlement);
  if (!is_last) return settlement;
  ++stored.state.attempts;
  if (std::ranges::any_of(stored.state.recipients, is_pending)) {
    const auto next = rules.curve.next_attempt(stored.record.arrived, moment.now, stored.state.attempts, moment.chance);
    if (next) {
      stored.state.next_attempt = planned(*next, stored.state.attempts, moment);
      warn_of_delay(stored, outcomes, rules, moment, settlement);
    } else {
      expire(stored, settlement);
    }
  }
  settlement.is_retired = std::ranges::none_of(stored.state.recipients, is_pending);
  return settlement;
}

void postpone(spool::Stored& stored, std::span<const RecipientOutcome> outcomes, const Moment& moment) {
  for (const RecipientOutcome& outcome : outcomes) {
    RecipientState& state = stored.state.recipients[outcome.recipient];
    keep_reply(state, outcome.reply);
    if (outcome.reply.is_positive()) state.status = RecipientStatus::kDelivered;
  }
  ++stored.state.attempts;
  stored.state.next_attempt = moment.now + kPostponement;
}

}  // namespace sealpost::queue
