// Lane: one destination: what waits for it, its connections, and how many of them there may be. Each connection is a
// task that carries one transaction after the other; the lane's owner learns what became of each. One executor.
#pragma once
#include <cstddef>
#include <memory>
#include <optional>
#include <random>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "delivery/agent.h"
#include "delivery/route.h"
#include "net/task_group.h"
#include "queue/active_message.h"
#include "queue/connection_share.h"
#include "queue/queue.h"
#include "queue/updates.h"
#include "schedule/destination_window.h"
#include "schedule/fair_queue.h"
#include "spool/spool.h"

namespace sealpost::queue {

/// What a lane tells and asks the relay.
class LaneOwner {
 public:
  virtual ~LaneOwner() = default;
  /// A transaction ended. No replies: it was not tried, because the message is gone or the queue stops.
  virtual void transaction_ended(std::size_t lane, Job job, delivery::TransactionResult result) = 0;
  /// The destination cannot be reached; these waited for it. The lane is suspended.
  virtual void destination_failed(std::size_t lane, std::vector<Job> waiting) = 0;
};

/// What all lanes share; outlives them.
struct LaneSurroundings {
  net::asio::io_context& context;
  net::TaskGroup& tasks;
  spool::Spool& spool;
  Updates& updates;
  ConnectionShare& connections;
  const Clock& clock;
  std::mt19937& random;
  LaneOwner& owner;
};

class Lane final : private ConnectionShare::Claimant {
 public:
  Lane(std::size_t index, const delivery::Route& route, delivery::Agent& agent, LaneSurroundings& surroundings);
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  const delivery::Route& route() const { return route_; }
  void push(Job job);
  /// Opens connections for what waits, as far as it is allowed now.
  void dispatch() override;
  bool has_room_for(std::string_view account) const { return ready_.has_room_for(account, kWaitingMax); }

  /// Few enough wait that messages which were parked may follow.
  bool wants_more() const { return ready_.size() < kWaitingMax / 2; }

  /// The end of the suspension, if there is one, and what the destination said or what happened last.
  std::optional<WallTime> suspended_until() const;
  const smtp::Reply& last_failure() const { return last_failure_; }
  void forgive();

  /// No new transactions; idle connections quit.
  void stop();
  /// Ends all connections at once.
  void cut();
  DestinationStats stats() const;

  /// Transactions that may wait for one destination, so that a slow one does not fill the relay's memory with its
  /// messages (Postfix's default is a tenth of the active set for the same reason).
  static constexpr std::size_t kWaitingMax = 5000;

 private:
  bool wants_connection() const override;
  std::size_t connections() const override { return channels_.size() - ending_; }
  bool dismiss_idle() override;

  struct Idle {
    net::asio::steady_timer timer;
    std::optional<Job> job;
  };

  net::Task<> work(std::unique_ptr<delivery::Channel> channel);
  /// The transactions of one open connection.
  net::Task<> carry_all(delivery::Channel& channel);
  net::Task<> carry(delivery::Channel& channel, Job job, std::size_t carried);
  net::Task<std::optional<Job>> wait_for_job();
  void after_transaction(const delivery::Channel& channel, Job job, delivery::TransactionResult result,
                         std::size_t carried);
  /// `working`: connections that are open beside this one.
  void connection_failed(smtp::Reply reply, std::size_t working);
  Result<std::unique_ptr<message::BodySource>> open_body(const Job& job);

  std::size_t index_;
  const delivery::Route& route_;
  delivery::Agent& agent_;
  LaneSurroundings& surroundings_;
  schedule::FairQueue<Job> ready_;
  schedule::DestinationWindow window_;
  std::vector<delivery::Channel*> channels_;  // each lives in the frame of its task
  std::vector<Idle*> idle_;  // each lives in the frame of its task; the last one waits for the shortest time
  std::size_t opening_ = 0;
  std::size_t ending_ = 0;
  smtp::Reply last_failure_;
  bool is_stopping_ = false;
};

}  // namespace sealpost::queue
