// Settlement: what the replies of an attempt mean for a message: who is done, who waits and until when, which reports
// are owed (RFC 5321 §4.5.4, §6.1; RFC 3461 §5.2, §6.2). Pure: changes the state it is given and says what follows.
// Never: a report to the null sender.
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "dsn/notify.h"
#include "queue/active_message.h"
#include "schedule/retry_curve.h"

namespace sealpost::queue {

struct SettlementRules {
  schedule::RetryCurve curve;
  std::chrono::seconds delay_warning{0};  // 0: never
};

struct Moment {
  WallTime now;
  std::uint32_t chance = 0;          // any random number
  std::optional<WallTime> retry_at;  // the destination is suspended until then
};

/// A report that the sender is owed about one recipient.
struct Owed {
  std::size_t recipient = 0;  // place in the envelope
  dsn::Action action = dsn::Action::kFailed;
  std::string_view remote_mta;  // whose words the last reply is; empty when it is our own
};

struct Settlement {
  std::vector<Owed> owed;
  std::vector<std::size_t> failed;  // places in the envelope, whether anybody is told or not
  bool is_retired = false;          // all recipients are done: the message can go
};

/// `is_last`: no other destination of the message is still to answer. Only then it is an attempt that counts and the
/// next one is planned.
Settlement settle(spool::Stored& stored, std::span<const RecipientOutcome> outcomes, bool is_last,
                  const SettlementRules& rules, const Moment& moment);

/// The reports that are owed cannot be stored now: nobody may fail without one, so only what was delivered is recorded,
/// and the rest is tried again soon.
void postpone(spool::Stored& stored, std::span<const RecipientOutcome> outcomes, const Moment& moment);

/// What is kept of a reply: one remote line of 512 octets or a few (RFC 5321 §4.5.3.1.5), not what a hostile server may
/// send.
inline constexpr std::size_t kReplyTextMax = 1024;

}  // namespace sealpost::queue
