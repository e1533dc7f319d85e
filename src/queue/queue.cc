// The queue's front: what every thread may call. It makes messages durable and hands them to the relay.
#include "queue/queue.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include "net/await_callback.h"
#include "observe/events.h"
#include "observe/log.h"
#include "queue/filter.h"
#include "queue/relay.h"
#include "spool/record.h"

namespace sealpost::queue {

namespace {

constexpr std::uint64_t kProgressEvery = 10'000;

QueuedMessage to_queued(const spool::Stored& stored, const delivery::RouteTable& routes) {
  const spool::MessageRecord& record = stored.record;
  QueuedMessage message{.id = record.id,
                        .sender = record.envelope.reverse_path ? record.envelope.reverse_path->to_string() : "",
                        .account = record.account,
                        .client_address = record.client_address,
                        .arrived = record.arrived,
                        .size = record.size,
                        .attempts = stored.state.attempts,
                        .next_attempt = stored.state.next_attempt,
                        .recipients = {}};
  for (std::size_t i = 0; i < record.envelope.recipients.size(); ++i) {
    const smtp::Mailbox& mailbox = record.envelope.recipients[i].forward_path;
    const spool::RecipientState& state = stored.state.recipients[i];
    const std::size_t route = routes.find(mailbox.domain());
    message.recipients.push_back(
        {.address = mailbox.to_string(),
         .status = state.status,
         .last_reply = state.last_reply.code == 0 ? std::string() : state.last_reply.to_line(),
         .destination = route == delivery::RouteTable::kNoRoute ? std::string() : routes.route(route).name});
  }
  return message;
}

void log_damaged(QueueId id, const Error& error) {
  observe::log(observe::Level::kError, observe::events::kCorrupt, {{"id", id.to_string()}, {"reason", error.text}});
}

}  // namespace

/// QueueIdSource behind a lock: sessions on every thread and the relay's reports draw from one source.
struct Queue::Ids {
  explicit Ids(QueueId floor) : source(0, floor) {}
  QueueId next(WallTime now) {
    const std::lock_guard lock(mutex);
    return source.next(now);
  }
  std::mutex mutex;
  QueueIdSource source;
};

Queue::Queue(net::asio::io_context& relay, spool::Spool& spool, delivery::RouteTable routes, QueueOptions options)
    : spool_(spool), clock_(options.clock), ids_(std::make_unique<Ids>(spool.last_id())) {
  relay_ = std::make_unique<Relay>(relay, spool, std::move(routes), std::move(options),
                                   [ids = ids_.get()](WallTime now) { return ids->next(now); });
}

Queue::~Queue() = default;

Result<Recovery> Queue::recover(const std::function<void(std::uint64_t)>& progress) {
  Recovery recovery;
  const auto visit = [&](const spool::Summary& summary) {
    relay_->recover(summary.id, summary.next_attempt);
    if (++recovery.messages % kProgressEvery == 0 && progress) progress(recovery.messages);
    return true;
  };
  const auto damaged = [&recovery](QueueId id, const Error& error) {
    ++recovery.damaged;
    log_damaged(id, error);
  };
  if (auto read = spool_.for_each({}, visit, damaged); !read) return std::unexpected(std::move(read.error()));
  look_at_clock();
  return recovery;
}

// ---- Submission.

bool Queue::has_route(const smtp::Domain& domain) const {
  return relay_->routes().find(domain) != delivery::RouteTable::kNoRoute;
}

Result<Draft> Queue::begin(const RelayPermit&, const smtp::Envelope&, Bytes expected) {
  if (relay_->is_stopping()) return fail(Fault::kResource, "the queue is stopping");
  auto body = spool_.reserve(expected);
  if (!body) return std::unexpected(std::move(body.error()));
  return Draft{ids_->next(clock_.wall()), std::move(*body)};
}

net::Task<Result<QueueId>> Queue::accept(RelayPermit permit, smtp::Envelope envelope, Draft draft,
                                         SubmissionFacts facts) {
  const QueueId id = draft.id;
  spool::MessageRecord record{.id = id,
                              .envelope = std::move(envelope),
                              .arrived = facts.arrived,
                              .account = permit.account(),
                              .client_address = std::move(facts.client_address),
                              .is_8bit = facts.is_8bit,
                              .size = draft.body->size()};
  const std::size_t recipients = record.envelope.recipients.size();
  Arrival arrival{.id = id, .due = facts.arrived, .message = nullptr};
  // The envelope is copied rather than read back: the common case is that the message leaves at once.
  if (relay_->wants_envelopes()) {
    arrival.message = std::make_unique<ActiveMessage>();
    arrival.message->stored = {record, spool::initial_state(record)};
  }
  spool::Change change;
  change.add.push_back({std::move(record), std::move(draft.body)});
  // The commit thread asks whether a refusal concerns this message alone (452, and life goes on) or everything (design
  // rule R17).
  auto begin = [spool = &spool_, relay = relay_.get(), recipients, change = std::move(change),
                arrival = std::move(arrival)](net::Completion<Result<QueueId>> done) mutable {
    auto committed = [spool, relay, recipients, done, arrival = std::move(arrival)](Result<void> result) mutable {
      const QueueId accepted = arrival.id;
      if (!result) {
        if (const auto failure = spool->failure()) relay->spool_failed(*failure);
        done(std::unexpected(std::move(result.error())));
        return;
      }
      relay->arrived(std::move(arrival), recipients);
      done(accepted);
    };
    spool->commit(std::move(change), std::move(committed));
  };
  co_return co_await net::await_callback<Result<QueueId>>(std::move(begin));
}

// ---- Operators.

Result<QueuedMessage> Queue::show(QueueId id) const {
  auto stored = spool_.load(id);
  if (!stored) return std::unexpected(std::move(stored.error()));
  return to_queued(*stored, relay_->routes());
}

Result<void> Queue::visit_fitting(const Filter& filter, QueueId after, const FittingVisitor& visit) const {
  const auto visit_one = [&](QueueId id) {
    auto stored = spool_.load(id);
    // What was delivered meanwhile is no longer there; what is damaged was reported at the start.
    return !stored || !fits(filter, *stored) || visit(*stored);
  };
  if (filter.id) {
    if (*filter.id > after) visit_one(*filter.id);
    return {};
  }
  return spool_.for_each(after, [&](const spool::Summary& summary) { return visit_one(summary.id); }, log_damaged);
}

Result<std::vector<QueuedMessage>> Queue::list(const Filter& filter, QueueId after, std::size_t limit) const {
  std::vector<QueuedMessage> messages;
  if (limit == 0) return messages;
  auto visited = visit_fitting(filter, after, [&](const spool::Stored& stored) {
    messages.push_back(to_queued(stored, relay_->routes()));
    return messages.size() < limit;
  });
  if (!visited) return std::unexpected(std::move(visited.error()));
  return messages;
}

Result<std::vector<QueueId>> Queue::fitting_ids(const Filter& filter) const {
  std::vector<QueueId> ids;
  Result<void> visited;
  if (filter.id && is_about_ids_only(filter)) {
    ids.push_back(*filter.id);
  } else if (is_about_ids_only(filter)) {
    visited = spool_.for_each(
        {},
        [&ids](const spool::Summary& summary) {
          ids.push_back(summary.id);
          return true;
        },
        log_damaged);
  } else {
    visited = visit_fitting(filter, {}, [&ids](const spool::Stored& stored) {
      ids.push_back(stored.record.id);
      return true;
    });
  }
  if (!visited) return std::unexpected(std::move(visited.error()));
  return ids;
}

net::Task<Result<std::uint64_t>> Queue::retry(Filter filter) {
  auto ids = fitting_ids(filter);
  if (!ids) co_return std::unexpected(std::move(ids.error()));
  auto begin = [relay = relay_.get(), ids = std::move(*ids)](net::Completion<Result<std::uint64_t>> done) mutable {
    relay->command([relay, done, wanted = std::move(ids)] { done(relay->retry(wanted)); });
  };
  co_return co_await net::await_callback<Result<std::uint64_t>>(std::move(begin));
}

net::Task<Result<std::uint64_t>> Queue::remove(Filter filter) {
  auto ids = fitting_ids(filter);
  if (!ids) co_return std::unexpected(std::move(ids.error()));
  auto begin = [relay = relay_.get(), ids = std::move(*ids)](net::Completion<Result<std::uint64_t>> done) mutable {
    relay->command([relay, done, wanted = std::move(ids)] {
      relay->remove(wanted, [done](std::uint64_t count) { done(count); });
    });
  };
  co_return co_await net::await_callback<Result<std::uint64_t>>(std::move(begin));
}

net::Task<QueueStats> Queue::stats() {
  auto begin = [relay = relay_.get()](net::Completion<Result<QueueStats>> done) {
    relay->command([relay, done] { done(relay->stats()); });
  };
  auto stats = co_await net::await_callback<Result<QueueStats>>(std::move(begin));
  // Only a relay that has ended does not answer; there is nothing to count then.
  co_return stats.value_or(QueueStats{});
}

// ---- Life.

void Queue::look_at_clock() {
  relay_->command([relay = relay_.get()] { relay->look_at_clock(); });
}

net::Task<> Queue::shut_down(SteadyTime deadline) { co_await relay_->shut_down(deadline); }

}  // namespace sealpost::queue
