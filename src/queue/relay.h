// Relay: the part of the queue that runs on the relay's io_context: decides which message is worked on, hands its
// recipients to the lanes of their destinations, and turns what they answer into durable updates. The lease of a
// message is its entry in `active_` (docs/decisions/0002). Never: an envelope in memory for a message that only waits,
// an outcome that is forgotten.
#pragma once
#include <atomic>
#include <cstddef>
#include <deque>
#include <memory>
#include <random>
#include <span>
#include <unordered_map>
#include <vector>

#include "delivery/route_table.h"
#include "net/task_group.h"
#include "queue/connection_share.h"
#include "queue/inbox.h"
#include "queue/lane.h"
#include "queue/queue.h"
#include "queue/reports.h"
#include "queue/settlement.h"
#include "queue/updates.h"
#include "schedule/due_queue.h"
#include "spool/spool.h"

namespace sealpost::queue {

/// Counted on the relay's thread, read by every thread.
struct RelayCounters {
  std::atomic<std::uint64_t> accepted = 0, delivered = 0, deferred = 0, failed = 0, reports = 0;
};

class Relay : private LaneOwner {
 public:
  Relay(net::asio::io_context& context, spool::Spool& spool, delivery::RouteTable routes, QueueOptions options,
        ReportIds ids);
  ~Relay() override;

  /// Before the context runs.
  void recover(QueueId id, WallTime due) { due_.add(id, due); }

  // Every thread.
  void arrived(Arrival arrival, std::size_t recipients);
  void command(Command command) { inbox_.put(std::move(command)); }
  void spool_failed(const Error& error);
  /// Whether a message that arrives now is likely to be worked on at once, so that its envelope is worth keeping.
  bool wants_envelopes() const { return active_count_ < options_.active_max; }
  bool is_stopping() const { return is_stopping_; }
  const delivery::RouteTable& routes() const { return routes_; }
  RelayCounters& counters() { return counters_; }

  // On the relay's thread.
  void look_at_clock();
  std::uint64_t retry(std::span<const QueueId> ids);
  /// `done` is told the count when the removals are durable.
  void remove(std::span<const QueueId> ids, std::move_only_function<void(std::uint64_t)> done);
  QueueStats stats() const;
  net::Task<> shut_down(SteadyTime deadline);

 private:
  struct Group {
    std::size_t route;
    std::vector<std::size_t> recipients;
  };

  void transaction_ended(std::size_t lane, Job job, delivery::TransactionResult result) override;
  void destination_failed(std::size_t lane, std::vector<Job> waiting) override;

  void handle(Inbox::Item item);
  void handle_arrival(Arrival arrival);
  void handle_durable(Durable durable);

  /// Takes up what is due, a bounded number in one turn of the event loop.
  void start_due();
  void load(QueueId id);
  void activate(std::unique_ptr<ActiveMessage> message);
  std::vector<Group> groups_of(const ActiveMessage& message) const;
  void hand_out(ActiveMessage& message, std::vector<Group> groups);
  void wait_for(QueueId id, WallTime due);
  void set_alarm();

  /// `route`: null when no route fits.
  void settle_job(const Job& job, delivery::TransactionResult result, const delivery::Route* route,
                  std::optional<WallTime> retry_at);
  Result<std::vector<spool::NewMessage>> settle_and_report(ActiveMessage& message,
                                                           std::span<const RecipientOutcome> outcomes, bool is_last,
                                                           const Moment& moment, Settlement& settlement);
  void write(ActiveMessage& message, bool is_retired, std::vector<spool::NewMessage> reports);
  void release_when_done(ActiveMessage& message);
  void note(const ActiveMessage& message, std::span<const RecipientOutcome> outcomes, const Settlement& settlement,
            std::string_view destination);

  net::asio::io_context& context_;
  spool::Spool& spool_;
  delivery::RouteTable routes_;
  QueueOptions options_;
  SettlementRules rules_;
  Reports reports_;
  std::mt19937 random_;
  RelayCounters counters_;
  Inbox inbox_;
  Updates updates_;
  net::TaskGroup tasks_;  // connections
  ConnectionShare connections_;
  LaneSurroundings surroundings_;
  std::vector<std::unique_ptr<Lane>> lanes_;  // by route
  std::vector<std::deque<QueueId>> parked_;   // by route: due, but too many wait for the destination already
  schedule::DueQueue due_;
  std::unordered_map<QueueId, std::unique_ptr<ActiveMessage>> active_;
  net::asio::steady_timer alarm_;
  WallTime alarm_at_ = WallTime::max();  // when the alarm looks at the clock
  net::asio::steady_timer deadline_;     // of a shutdown
  bool is_start_posted_ = false;
  std::atomic<std::size_t> active_count_ = 0;
  std::atomic<bool> is_stopping_ = false;
  std::atomic<bool> is_broken_ = false;  // the spool failed: nothing becomes durable any more
};

}  // namespace sealpost::queue
