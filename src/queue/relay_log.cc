// Relay: what is logged and counted about the outcome of an attempt.
#include <algorithm>

#include "observe/events.h"
#include "observe/log.h"
#include "queue/relay.h"

namespace sealpost::queue {

namespace {

struct Line {
  const ActiveMessage& message;
  std::size_t recipient;
  std::string_view destination;
  WallTime now;
};

void log_line(observe::Level level, std::string_view event, const Line& line) {
  if (!observe::is_logged(level)) return;
  const spool::Stored& stored = line.message.stored;
  const smtp::Reply& reply = stored.state.recipients[line.recipient].last_reply;
  const std::string id = stored.record.id.to_string();
  const std::string to = stored.record.envelope.recipients[line.recipient].forward_path.to_string();
  const std::string text = reply.to_line();
  const std::chrono::duration<double> seconds = line.now - stored.record.arrived;
  if (event == observe::events::kDeferred) {
    const std::string next = format_rfc3339(stored.state.next_attempt);
    observe::log(
        level, event,
        {{"id", id}, {"to", to}, {"relay", line.destination}, {"code", reply.code}, {"reply", text}, {"next", next}});
  } else {
    observe::log(level, event,
                 {{"id", id},
                  {"to", to},
                  {"relay", line.destination},
                  {"code", reply.code},
                  {"reply", text},
                  {"seconds", seconds.count()}});
  }
}

}  // namespace

void Relay::note(const ActiveMessage& message, std::span<const RecipientOutcome> outcomes, const Settlement& settlement,
                 std::string_view destination) {
  namespace events = observe::events;
  const WallTime now = options_.clock.wall();
  for (const RecipientOutcome& outcome : outcomes) {
    const Line line{message, outcome.recipient, destination, now};
    switch (message.stored.state.recipients[outcome.recipient].status) {
      case spool::RecipientStatus::kDelivered:
        ++counters_.delivered;
        log_line(observe::Level::kInfo, events::kDelivered, line);
        break;
      case spool::RecipientStatus::kPending:
        ++counters_.deferred;
        log_line(observe::Level::kInfo, events::kDeferred, line);
        break;
      case spool::RecipientStatus::kFailed:
        break;  // below, with those that expired
    }
  }
  counters_.failed += settlement.failed.size();
  for (const std::size_t recipient : settlement.failed) {
    const bool is_reported = std::ranges::find(settlement.owed, recipient, &Owed::recipient) != settlement.owed.end();
    log_line(observe::Level::kInfo, is_reported ? events::kBounced : events::kDropped,
             {message, recipient, destination, now});
  }
  if (settlement.is_retired && observe::is_logged(observe::Level::kInfo))
    observe::log(observe::Level::kInfo, events::kRemoved, {{"id", message.stored.record.id.to_string()}});
}

}  // namespace sealpost::queue
