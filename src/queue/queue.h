// The queue: takes responsibility for messages, delivers them, reports what cannot be delivered (RFC 5321 §4.5.4, §6.1;
// RFC 3461). The front may be called from every thread; deliveries run on one io_context, the relay's. Never: a message
// without a RelayPermit, an acknowledgement before the sync, a report to the null sender.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/principal.h"
#include "base/queue_id.h"
#include "base/result.h"
#include "delivery/route_table.h"
#include "net/task.h"
#include "schedule/retry_curve.h"
#include "smtp/envelope.h"
#include "spool/spool.h"

namespace sealpost::queue {

/// Where time comes from; tests put a virtual clock here.
struct Clock {
  std::function<WallTime()> wall = wall_now;
  std::function<SteadyTime()> steady = steady_now;
};

struct QueueOptions {
  std::string hostname;  // Reporting-MTA of reports
  schedule::RetryOptions retry;
  std::chrono::seconds delay_warning{0};     // 0: no "delayed" reports; otherwise one per message, after this time
  std::size_t connections_max = 100;         // of all destinations together
  std::size_t active_max = 20'000;           // messages whose envelope is in memory
  std::size_t updates_in_flight_max = 4096;  // outcomes that wait for the disk before deliveries pause
  /// The spool failed to sync: nothing it says can be trusted any more. Called once, on any thread; must make the
  /// process end.
  std::function<void(const Error&)> on_fatal;
  Clock clock;
};

/// Room for a message that is about to be received. Dropping it gives everything back.
struct Draft {
  QueueId id;
  std::unique_ptr<spool::BodyWriter> body;
};

/// What the server knows about a submission beside envelope and content.
struct SubmissionFacts {
  WallTime arrived;
  std::string client_address;
  bool is_8bit = false;  // the content has octets above 127
};

// What operators see: plain values.

struct QueuedRecipient {
  std::string address;
  spool::RecipientStatus status = spool::RecipientStatus::kPending;
  std::string last_reply;   // one line; empty before the first attempt
  std::string destination;  // "smtp:127.0.0.1:2525"; empty when no route fits
};

struct QueuedMessage {
  QueueId id;
  std::string sender;  // empty: the null sender
  std::string account;
  std::string client_address;
  WallTime arrived;
  Bytes size;
  std::uint32_t attempts = 0;
  WallTime next_attempt;
  std::vector<QueuedRecipient> recipients;
};

/// Which messages a command is about. Empty members do not restrict.
struct Filter {
  std::optional<QueueId> id = {};
  std::string account = {};
  std::string sender = {};     // the whole address, ASCII case does not matter
  std::string recipient = {};  // an address, or "@example.com" for a domain
};

struct DestinationStats {
  std::string name;
  std::size_t waiting = 0;  // transactions ready to go
  std::size_t connections = 0;
  std::size_t connections_allowed = 0;
  std::optional<WallTime> suspended_until;  // after connection failures
  std::string last_failure;
};

struct QueueStats {
  std::uint64_t queued = 0;  // messages in the spool
  Bytes content;
  std::uint64_t active = 0;  // envelopes in memory
  // Recipients since the start.
  std::uint64_t accepted = 0, delivered = 0, deferred = 0, failed = 0;
  std::uint64_t reports = 0;  // messages
  std::uint64_t commits = 0, syncs = 0;
  std::vector<DestinationStats> destinations;
};

struct Recovery {
  std::uint64_t messages = 0;
  std::uint64_t damaged = 0;  // records that could not be read; logged and left alone
};

class Relay;

class Queue {
 public:
  /// `relay` is where deliveries run; `spool` outlives the queue.
  Queue(net::asio::io_context& relay, spool::Spool& spool, delivery::RouteTable routes, QueueOptions options);
  /// After shut_down() and after every accept() has ended, when the relay's context does not run any more; or when it
  /// never ran.
  ~Queue();
  Queue(const Queue&) = delete;
  Queue& operator=(const Queue&) = delete;

  /// Before the first accept() and before the relay's context runs: finds all stored messages. `progress` is told the
  /// count now and then.
  Result<Recovery> recover(const std::function<void(std::uint64_t messages)>& progress = {});

  // ---- Submission: every thread.

  /// Whether a route fits; a recipient without one is refused while its sender can still be told.
  bool has_route(const smtp::Domain& domain) const;
  /// Before the content is received: reserves room for it and names the message. Fault::kResource when there is no room
  /// or the queue is stopping (452 4.3.1).
  Result<Draft> begin(const RelayPermit& permit, const smtp::Envelope& envelope, Bytes expected);
  /// Makes the message durable. After success the mail is ours: say 250. Resumes on the awaiting executor.
  net::Task<Result<QueueId>> accept(RelayPermit permit, smtp::Envelope envelope, Draft draft, SubmissionFacts facts);

  // ---- Operators. The first two read the spool on the calling thread; the tasks may be awaited on every executor.

  /// At most `limit` messages with ids above `after`, in the order of ids.
  Result<std::vector<QueuedMessage>> list(const Filter& filter, QueueId after = {}, std::size_t limit = 1000) const;
  Result<QueuedMessage> show(QueueId id) const;
  /// Tries now what waits for its next attempt, and forgets what is known against the destinations. The number of
  /// messages.
  net::Task<Result<std::uint64_t>> retry(Filter filter);
  /// Takes messages out of the queue for good, without a report. A transaction that is under way is not called back.
  /// The number of messages.
  net::Task<Result<std::uint64_t>> remove(Filter filter);
  net::Task<QueueStats> stats();

  // ---- Life.

  /// Looks at the clock again: for a virtual clock that was moved. Every thread.
  void look_at_clock();
  /// Takes no new work, lets running transactions end until `deadline`, then cuts them; waits until the disk has every
  /// outcome. On the relay's executor.
  net::Task<> shut_down(SteadyTime deadline);

 private:
  struct Ids;
  /// False: enough.
  using FittingVisitor = std::function<bool(const spool::Stored&)>;

  Result<void> visit_fitting(const Filter& filter, QueueId after, const FittingVisitor& visit) const;
  /// In ascending order.
  Result<std::vector<QueueId>> fitting_ids(const Filter& filter) const;

  spool::Spool& spool_;
  Clock clock_;
  std::unique_ptr<Ids> ids_;
  std::unique_ptr<Relay> relay_;
};

}  // namespace sealpost::queue
