// The spool: where an accepted message lives until every recipient is done. What each call promises, and what a crash
// leaves, is in states.md beside this file; the one conformance test holds every implementation to it. Never: a 250
// without a sync, a body held whole in memory, a partial transaction.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/queue_id.h"
#include "base/result.h"
#include "message/body_source.h"
#include "smtp/envelope.h"
#include "smtp/reply.h"

namespace sealpost::spool {

/// What is stored once, when the message is accepted.
struct MessageRecord {
  QueueId id;
  smtp::Envelope envelope;
  WallTime arrived;
  std::string account;         // who submitted it; empty for reports
  std::string client_address;  // "192.0.2.1"; empty for reports
  bool is_8bit = false;        // the content has octets above 127
  Bytes size;                  // of the content as stored, trace header included; filled in by the spool
};

enum class RecipientStatus : std::uint8_t { kPending, kDelivered, kFailed };

/// What changes with every attempt; one per recipient, in the order of the envelope.
struct RecipientState {
  RecipientStatus status = RecipientStatus::kPending;
  smtp::Reply last_reply;  // of the last attempt, or our own words for a network failure; empty before the first
  bool operator==(const RecipientState&) const = default;
};

struct DeliveryState {
  std::uint32_t attempts = 0;
  WallTime next_attempt;                   // due when this has passed; the arrival time at first
  std::optional<WallTime> delay_reported;  // when a "delayed" report was sent
  std::vector<RecipientState> recipients;
};

/// The part that the scheduler keeps in memory for each message: no body, no envelope.
struct Summary {
  QueueId id;
  WallTime arrived;
  WallTime next_attempt;
  std::uint32_t attempts = 0;
  Bytes size;
};

struct Stored {
  MessageRecord record;
  DeliveryState state;
};

/// Receives the content of one message. Small contents stay in memory until accept(); larger ones stream to segment
/// files. Used by one thread at a time. Destroying a writer that was not handed to accept() gives everything back.
class BodyWriter {
 public:
  virtual ~BodyWriter() = default;
  /// Copies or writes `octets`. Fault::kResource when the disk or the budget is full; the writer is then of no further
  /// use.
  virtual Result<void> append(std::string_view octets) = 0;
  virtual Bytes size() const = 0;
};

/// A new message and its content, as accept() takes it.
struct NewMessage {
  MessageRecord record;
  std::unique_ptr<BodyWriter> body;  // made by the same spool
};

/// One durable change. All parts of one Change reach the disk together or not at all.
struct Change {
  std::vector<NewMessage> add;                         // submissions, and the reports that a failure owes its sender
  std::vector<std::pair<QueueId, DeliveryState>> set;  // recipients done, deferred or failed
  std::vector<QueueId> remove;                         // every recipient done: envelope, state and content go
};

/// Called exactly once, on the spool's commit thread, in the order of commit(): success means synced. Must not block.
using Committed = std::move_only_function<void(Result<void>)>;

struct Usage {
  std::uint64_t messages = 0;
  Bytes content;  // of stored messages
  std::uint64_t syncs = 0;
  std::uint64_t commits = 0;  // Changes made durable; commits / syncs is the size of a group
};

class Spool {
 public:
  virtual ~Spool() = default;  // waits until every commit that was called has been answered

  /// Reserves room for one message whose content may grow to `expected` (declared or the limit, whichever is smaller).
  /// Fault::kResource when space, descriptors or the
  /// budget for content in flight do not allow it. Thread-safe.
  virtual Result<std::unique_ptr<BodyWriter>> reserve(Bytes expected) = 0;

  /// Makes `change` durable; one sync is shared by all changes waiting at that moment, none waits when the spool is
  /// idle. Thread-safe, does not block on the disk. `add` of an id that is stored (Fault::kInternal), `set` or `remove`
  /// of one that is not (Fault::kNotFound) refuses the whole change, and it alone. After a failed sync every later call
  /// fails too: the process has to stop and recover (rules: a failed sync is fatal).
  virtual void commit(Change change, Committed committed) = 0;

  /// Why nothing can become durable any more: the failed sync, as long as the process lives. Nothing while the spool is
  /// well; a commit that is refused then (no room for the last piece of a content) concerns its own Change alone.
  /// Thread-safe, also within Committed.
  virtual std::optional<Error> failure() const = 0;

  /// Envelope and state of one message. Fault::kNotFound, Fault::kCorruption. Thread-safe.
  virtual Result<Stored> load(QueueId id) = 0;
  /// The content. The source keeps what it reads from alive, also when the message is removed meanwhile. Thread-safe.
  virtual Result<std::unique_ptr<message::BodySource>> open_body(QueueId id) = 0;

  /// Every stored message with an id above `after`, in the order of ids, at start-up and for `queue list`. What stands
  /// before `after` costs nothing: reading everything page by page costs as much as one visit. Stops early when `visit`
  /// returns false. A damaged record is reported through `damaged` and skipped; with the id 0 when it is not known
  /// whose records a damaged part of the index held. Thread-safe.
  virtual Result<void> for_each(QueueId after, const std::function<bool(const Summary&)>& visit,
                                const std::function<void(QueueId, const Error&)>& damaged) = 0;

  /// The largest id ever stored that is still known, so that new ids start above it.
  virtual QueueId last_id() const = 0;
  virtual Usage usage() const = 0;
};

/// For tests and for `data_directory = ":memory:"`-like uses: keeps everything in memory, same promises but durability.
std::unique_ptr<Spool> make_memory_spool();

struct RocksdbOptions {
  std::string directory;           // created when missing, with mode 0700
  Bytes inline_max = {32 * 1024};  // contents up to this size live in the batch, larger ones in segment files
  Bytes segment_size = {64 * 1024 * 1024};
  Bytes in_memory_content_max = {
      256ULL << 20};                     // content held in memory by all writers together, before reserve() refuses
  Bytes free_space_min = {64ULL << 20};  // below this reserve() refuses
};
/// Opens or creates the embedded spool. Fault::kConfiguration when another process has it open or the directory cannot
/// be used.
Result<std::unique_ptr<Spool>> open_rocksdb_spool(RocksdbOptions options);

}  // namespace sealpost::spool
