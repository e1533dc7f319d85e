// Relay: which message is worked on, and what its end leaves. What the replies mean is in settlement.cc.
#include "queue/relay.h"

#include <algorithm>
#include <utility>

#include <boost/asio/post.hpp>

#include "base/assert.h"
#include "crypto/random.h"
#include "delivery/own_reply.h"
#include "observe/events.h"
#include "observe/log.h"
#include "smtp/reply_catalogue.h"

namespace sealpost::queue {

namespace {

// Reading envelopes blocks the event loop for some microseconds each; connections get their turn after this many.
constexpr std::size_t kLoadsPerTurn = 128;
// The wall clock may jump: it is looked at this often at least.
constexpr std::chrono::seconds kAlarmMax{10};
// After a record could not be read for a reason that may pass.
constexpr std::chrono::minutes kLoadAgain{1};

}  // namespace

Relay::Relay(net::asio::io_context& context, spool::Spool& spool, delivery::RouteTable routes, QueueOptions options,
             ReportIds ids)
    : context_(context),
      spool_(spool),
      routes_(std::move(routes)),
      options_(std::move(options)),
      rules_{schedule::RetryCurve(options_.retry), options_.delay_warning},
      reports_(spool, options_.hostname, std::move(ids)),
      random_(static_cast<std::mt19937::result_type>(crypto::random_u64())),
      inbox_(context, [this](Inbox::Item item) { handle(std::move(item)); }),
      updates_(
          context, spool, inbox_, [this](const Error& error) { spool_failed(error); }, options_.updates_in_flight_max),
      tasks_(context),
      connections_(std::max<std::size_t>(options_.connections_max, 1)),
      surroundings_{context_, tasks_, spool_, updates_, connections_, options_.clock, random_, *this},
      parked_(routes_.size()),
      alarm_(context),
      deadline_(context) {
  for (std::size_t i = 0; i < routes_.size(); ++i)
    lanes_.push_back(std::make_unique<Lane>(i, routes_.route(i), routes_.agent(i), surroundings_));
}

Relay::~Relay() = default;

// ---- From other threads.

void Relay::arrived(Arrival arrival, std::size_t recipients) {
  counters_.accepted += recipients;
  inbox_.put(std::move(arrival));
}

void Relay::spool_failed(const Error& error) {
  if (is_broken_.exchange(true)) return;
  observe::log(observe::Level::kError, observe::events::kSpoolFailed, {{"reason", error.text}});
  if (options_.on_fatal) options_.on_fatal(error);
  // Nothing that is delivered now can be recorded: every further delivery would be made twice.
  inbox_.put(Command([this] {
    for (const auto& lane : lanes_) lane->stop();
    updates_.wake();
  }));
}

void Relay::handle(Inbox::Item item) {
  if (auto* arrival = std::get_if<Arrival>(&item))
    handle_arrival(std::move(*arrival));
  else if (auto* durable = std::get_if<Durable>(&item))
    handle_durable(std::move(*durable));
  else
    std::get<Command>(item)();
}

void Relay::handle_arrival(Arrival arrival) {
  if (is_stopping_) return;  // it is in the spool; the next start finds it
  const auto next_due = due_.next_due();
  const bool is_first_in_line = !next_due || *next_due > arrival.due;
  if (arrival.message && is_first_in_line && active_.size() < options_.active_max) {
    activate(std::move(arrival.message));
    return;
  }
  due_.add(arrival.id, arrival.due);
  start_due();
}

void Relay::handle_durable(Durable durable) {
  updates_.arrived(durable);
  for (const QueueId id : durable.updated) {
    const auto active = active_.find(id);
    if (active == active_.end()) continue;  // it waited when an operator removed it
    --active->second->updates_left;
    release_when_done(*active->second);
  }
  counters_.reports += durable.reports.size();
  for (const auto& [id, due] : durable.reports) due_.add(id, due);
  for (auto& then : durable.then) then();
  start_due();
}

// ---- What is worked on.

void Relay::look_at_clock() {
  if (is_stopping_ || is_broken_) return;
  for (const auto& lane : lanes_) lane->dispatch();
  start_due();
  set_alarm();
}

void Relay::set_alarm() {
  const WallTime now = options_.clock.wall();
  const auto next_due = due_.next_due();
  // With every place taken the end of a delivery is what to wait for, not the clock.
  const bool has_room = active_.size() < options_.active_max;
  alarm_at_ = now + kAlarmMax;
  if (next_due && has_room) alarm_at_ = std::clamp(*next_due, now, alarm_at_);
  alarm_.expires_after(alarm_at_ - now);
  alarm_.async_wait([this](net::error_code error) {
    if (!error) look_at_clock();
  });
}

void Relay::wait_for(QueueId id, WallTime due) {
  due_.add(id, due);
  if (due < alarm_at_ && !is_stopping_) set_alarm();
}

void Relay::start_due() {
  if (is_stopping_ || is_broken_) return;
  const WallTime now = options_.clock.wall();
  std::size_t loads = 0;
  const auto may_load = [&] { return loads < kLoadsPerTurn && active_.size() < options_.active_max; };
  for (std::size_t route = 0; route < parked_.size(); ++route) {
    std::deque<QueueId>& parked = parked_[route];
    for (; !parked.empty() && may_load() && lanes_[route]->wants_more() && !lanes_[route]->suspended_until(); ++loads) {
      const QueueId id = parked.front();
      parked.pop_front();
      load(id);
    }
  }
  for (; may_load(); ++loads) {
    const auto id = due_.take_due(now);
    if (!id) return;
    load(*id);
  }
  if (loads < kLoadsPerTurn || std::exchange(is_start_posted_, true)) return;
  net::asio::post(context_, [this] {
    is_start_posted_ = false;
    start_due();
  });
}

void Relay::load(QueueId id) {
  auto stored = spool_.load(id);
  if (stored) {
    auto message = std::make_unique<ActiveMessage>();
    message->stored = std::move(*stored);
    activate(std::move(message));
    return;
  }
  if (stored.error().fault == Fault::kNotFound) return;
  observe::log(observe::Level::kError, observe::events::kCorrupt,
               {{"id", id.to_string()}, {"reason", stored.error().text}});
  // A damaged record stays where it is for the operator to look at; it will not get better by itself.
  if (stored.error().fault != Fault::kCorruption) wait_for(id, options_.clock.wall() + kLoadAgain);
}

std::vector<Relay::Group> Relay::groups_of(const ActiveMessage& message) const {
  std::vector<Group> groups;
  const auto& recipients = message.stored.record.envelope.recipients;
  for (std::size_t i = 0; i < recipients.size(); ++i) {
    if (message.stored.state.recipients[i].status != spool::RecipientStatus::kPending) continue;
    const std::size_t route = routes_.find(recipients[i].forward_path.domain());
    const auto group = std::ranges::find(groups, route, &Group::route);
    if (group == groups.end())
      groups.push_back({route, {i}});
    else
      group->recipients.push_back(i);
  }
  return groups;
}

void Relay::activate(std::unique_ptr<ActiveMessage> message) {
  const spool::MessageRecord& record = message->stored.record;
  SEALPOST_ASSERT(message->stored.state.recipients.size() == record.envelope.recipients.size(),
                  "every recipient has a state");
  std::vector<Group> groups = groups_of(*message);
  const bool has_one_lane = groups.size() == 1 && groups.front().route != delivery::RouteTable::kNoRoute;
  if (has_one_lane && !lanes_[groups.front().route]->has_room_for(record.account)) {
    parked_[groups.front().route].push_back(record.id);
    return;
  }
  ActiveMessage& active = *message;
  const auto [place, is_new] = active_.emplace(record.id, std::move(message));
  SEALPOST_ASSERT(is_new, "a message is leased once");
  active_count_ = active_.size();
  hand_out(active, std::move(groups));
}

void Relay::hand_out(ActiveMessage& message, std::vector<Group> groups) {
  if (groups.empty()) {  // every recipient is done, only the removal is missing
    write(message, true, {});
    return;
  }
  message.transactions_left = groups.size();
  const std::size_t recipients = message.stored.record.envelope.recipients.size();
  for (Group& group : groups) {
    const std::size_t count = group.recipients.size();
    Job job{.message = &message, .recipients = {}};
    if (count != recipients) job.recipients = std::move(group.recipients);
    delivery::TransactionResult result;
    if (group.route == delivery::RouteTable::kNoRoute) {
      result.per_recipient.assign(count, smtp::catalogue::no_route());
      result.is_in_our_words = true;
      settle_job(job, std::move(result), nullptr, std::nullopt);
      continue;
    }
    Lane& lane = *lanes_[group.route];
    if (const auto retry_at = lane.suspended_until()) {
      result.per_recipient.assign(count, lane.last_failure());
      result.is_in_our_words = true;
      settle_job(job, std::move(result), &lane.route(), retry_at);
    } else {
      lane.push(std::move(job));
    }
  }
}

// ---- What became of it.

void Relay::transaction_ended(std::size_t lane, Job job, delivery::TransactionResult result) {
  settle_job(job, std::move(result), &lanes_[lane]->route(), std::nullopt);
}

void Relay::destination_failed(std::size_t lane, std::vector<Job> waiting) {
  const smtp::Reply reply = lanes_[lane]->last_failure();
  const auto retry_at = lanes_[lane]->suspended_until();
  for (const Job& job : waiting) {
    const std::size_t all = job.message->stored.record.envelope.recipients.size();
    delivery::TransactionResult result;
    result.per_recipient.assign(job.recipients.empty() ? all : job.recipients.size(), reply);
    result.is_in_our_words = true;
    settle_job(job, std::move(result), &lanes_[lane]->route(), retry_at);
  }
}

void Relay::settle_job(const Job& job, delivery::TransactionResult result, const delivery::Route* route,
                       std::optional<WallTime> retry_at) {
  ActiveMessage& message = *job.message;
  const bool is_last = --message.transactions_left == 0;
  if (message.is_gone || is_broken_ || result.per_recipient.empty()) {
    release_when_done(message);
    return;
  }
  std::vector<RecipientOutcome> outcomes;
  outcomes.reserve(result.per_recipient.size());
  std::string_view remote_mta;
  // The far end of a Unix-domain socket is on this machine.
  if (!result.is_in_our_words && route != nullptr)
    remote_mta = route->host.empty() && !route->unix_socket.empty() ? options_.hostname : route->host;
  for (std::size_t i = 0; i < result.per_recipient.size(); ++i)
    outcomes.push_back({.recipient = job.recipients.empty() ? i : job.recipients[i],
                        .reply = std::move(result.per_recipient[i]),
                        .remote_mta = remote_mta,
                        .is_final = result.is_final,
                        .is_dsn_passed_on = result.is_dsn_passed_on});
  const Moment moment{options_.clock.wall(), static_cast<std::uint32_t>(random_()), retry_at};
  Settlement settlement;
  auto reports = settle_and_report(message, outcomes, is_last, moment, settlement);
  note(message, outcomes, settlement, route == nullptr ? std::string_view{} : route->name);
  const bool has_news = std::ranges::any_of(
      outcomes, [](const RecipientOutcome& outcome) { return !outcome.reply.is_transient_failure(); });
  // While other destinations are still to answer, "not yet" changes nothing that a crash would have to find.
  if (is_last || has_news)
    write(message, settlement.is_retired, reports ? std::move(*reports) : decltype(reports)::value_type());
  release_when_done(message);
}

Result<std::vector<spool::NewMessage>> Relay::settle_and_report(ActiveMessage& message,
                                                                std::span<const RecipientOutcome> outcomes,
                                                                bool is_last, const Moment& moment,
                                                                Settlement& settlement) {
  const bool is_plain_success =
      std::ranges::all_of(outcomes, [](const RecipientOutcome& outcome) { return outcome.reply.is_positive(); });
  std::optional<spool::DeliveryState> before;
  if (!is_plain_success) before = message.stored.state;
  settlement = settle(message.stored, outcomes, is_last, rules_, moment);
  if (settlement.owed.empty()) return {};
  auto reports =
      reports_.make(message.stored, settlement.owed, moment.now, rules_.curve.expiry_of(message.stored.record.arrived));
  if (reports) return reports;
  observe::log(observe::Level::kWarning, observe::events::kStorageRefused,
               {{"id", message.stored.record.id.to_string()}, {"reason", reports.error().text}});
  // A success needs no proof to be a success: its report is lost, the recipient is done. A failure is not final before
  // its report is stored (RFC 5321 §6.1).
  if (is_plain_success) return reports;
  message.stored.state = std::move(*before);
  postpone(message.stored, outcomes, moment);
  settlement = {};
  return reports;
}

void Relay::write(ActiveMessage& message, bool is_retired, std::vector<spool::NewMessage> reports) {
  Update update{.id = message.stored.record.id, .state = std::nullopt, .reports = std::move(reports)};
  if (!is_retired) update.state = message.stored.state;
  message.is_gone = is_retired;
  ++message.updates_left;
  updates_.add(std::move(update));
}

void Relay::release_when_done(ActiveMessage& message) {
  if (message.transactions_left > 0 || message.updates_left > 0) return;
  const QueueId id = message.stored.record.id;
  const WallTime next_attempt = message.stored.state.next_attempt;
  const bool is_gone = message.is_gone;
  active_.erase(id);
  active_count_ = active_.size();
  if (!is_gone && !is_stopping_ && !is_broken_) wait_for(id, next_attempt);
}

// ---- Operators.

std::uint64_t Relay::retry(std::span<const QueueId> ids) {
  std::uint64_t count = due_.make_due(ids, options_.clock.wall());
  const auto is_meant = [ids](QueueId id) { return std::ranges::binary_search(ids, id); };
  for (const auto& parked : parked_) count += static_cast<std::uint64_t>(std::ranges::count_if(parked, is_meant));
  for (const auto& [id, message] : active_) count += is_meant(id) && !message->is_gone ? 1U : 0U;
  for (const auto& lane : lanes_) lane->forgive();
  look_at_clock();
  return count;
}

void Relay::remove(std::span<const QueueId> ids, std::move_only_function<void(std::uint64_t)> done) {
  std::vector<QueueId> waiting = due_.erase(ids);
  const auto is_meant = [ids](QueueId id) { return std::ranges::binary_search(ids, id); };
  for (auto& parked : parked_)
    std::erase_if(parked, [&](QueueId id) {
      if (!is_meant(id)) return false;
      waiting.push_back(id);
      return true;
    });
  for (const QueueId id : waiting) updates_.add({.id = id, .state = std::nullopt, .reports = {}});
  std::uint64_t count = waiting.size();
  for (const auto& [id, message] : active_) {
    if (!is_meant(id) || message->is_gone) continue;
    write(*message, true, {});
    ++count;
  }
  if (count == 0)
    done(0);
  else
    updates_.after([count, tell = std::move(done)]() mutable { tell(count); });
}

QueueStats Relay::stats() const {
  const spool::Usage usage = spool_.usage();
  QueueStats stats;
  stats.queued = usage.messages;
  stats.content = usage.content;
  stats.active = active_.size();
  stats.accepted = counters_.accepted;
  stats.delivered = counters_.delivered;
  stats.deferred = counters_.deferred;
  stats.failed = counters_.failed;
  stats.reports = counters_.reports;
  stats.commits = usage.commits;
  stats.syncs = usage.syncs;
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    stats.destinations.push_back(lanes_[i]->stats());
    stats.destinations.back().waiting += parked_[i].size();
  }
  return stats;
}

// ---- The end.

net::Task<> Relay::shut_down(SteadyTime deadline) {
  is_stopping_ = true;
  alarm_.cancel();
  for (const auto& lane : lanes_) lane->stop();
  updates_.wake();
  deadline_.expires_at(deadline);
  deadline_.async_wait([this](net::error_code error) {
    if (error) return;
    for (const auto& lane : lanes_) lane->cut();
  });
  co_await tasks_.join();
  deadline_.cancel();
  while (updates_.in_flight() > 0 && !is_broken_) co_await updates_.wait();
}

}  // namespace sealpost::queue
