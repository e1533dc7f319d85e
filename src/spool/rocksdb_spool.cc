// The durable spool: records and small contents in RocksDB, large contents in segment files, one commit thread. The
// order of syncs and what a crash leaves after each is in states.md.
#include "spool/rocksdb_spool.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include <fmt/format.h>
#include <rocksdb/env.h>

#include "base/assert.h"
#include "observe/events.h"
#include "observe/log.h"
#include "spool/admission.h"
#include "spool/body_source.h"
#include "spool/commit_group.h"
#include "spool/disk_body_writer.h"
#include "spool/message_index.h"
#include "spool/record.h"
#include "spool/rocksdb_records.h"
#include "spool/segment_pool.h"
#include "spool/spool_directory.h"

namespace sealpost::spool {

namespace {

struct EncodedMessage {
  QueueId id;
  std::string value;
  std::string apart;  // the record of a content that stands apart
  IndexEntry entry;
  std::unique_ptr<DiskBodyWriter> writer;  // keeps budget, segments and their files until the change is answered
};

/// Encoded on the thread that called commit().
class DiskChange final : public PreparedChange {
 public:
  std::vector<EncodedMessage> add;
  std::vector<std::pair<QueueId, std::string>> set;
  std::vector<QueueId> remove;
  // What the removal frees, let go when the change is destroyed: after the sync.
  std::vector<IndexEntry> removed;
};

std::unexpected<Error> not_found(QueueId id) { return fail(Fault::kNotFound, "no message " + id.to_string()); }

class RocksdbSpool final : public Spool {
 public:
  RocksdbSpool(RocksdbOptions options, std::unique_ptr<RocksdbRecords> records, std::shared_ptr<SegmentPool> pool)
      : options_(std::move(options)),
        admission_(std::make_shared<Admission>(
            Admission::Limits{options_.directory, options_.in_memory_content_max, options_.free_space_min})),
        records_(std::move(records)),
        pool_(std::move(pool)),
        commits_(std::make_unique<CommitGroup>([this](CommitGroup::Group group) { return write(group); })) {}

  ~RocksdbSpool() override {
    const bool is_healthy = !commits_->failure();
    commits_.reset();
    // The index lets go of every segment below; they are not free because of that.
    pool_->freeze();
    if (!is_healthy) return;
    if (auto flushed = records_->flush(); !flushed)
      observe::log(observe::Level::kWarning, observe::events::kWarning, {{"reason", flushed.error().text}});
  }

  Result<void> recover();

  Result<std::unique_ptr<BodyWriter>> reserve(Bytes expected) override;
  void commit(Change change, Committed committed) override;
  std::optional<Error> failure() const override { return commits_->failure(); }
  Result<Stored> load(QueueId id) override;
  Result<std::unique_ptr<message::BodySource>> open_body(QueueId id) override;
  Result<void> for_each(QueueId after, const std::function<bool(const Summary&)>& visit,
                        const std::function<void(QueueId, const Error&)>& damaged) override;

  QueueId last_id() const override { return {last_id_}; }
  Usage usage() const override { return {messages_, {content_bytes_}, syncs_, commit_count_}; }

 private:
  static Result<EncodedMessage> encode(NewMessage message);
  Result<std::vector<std::shared_ptr<Segment>>> adopt(QueueId id, const MessageHead& head, std::string_view value);
  Result<void> write(CommitGroup::Group group);
  Result<void> sync(const std::vector<Room>& rooms);
  Result<void> check(const DiskChange& change) const;
  void apply(DiskChange& change, std::vector<Room>& rooms);
  void erase(QueueId id, const IndexEntry& entry);
  void count(const DiskChange& change);

  const RocksdbOptions options_;
  const std::shared_ptr<Admission> admission_;  // shared with every writer
  const std::unique_ptr<RocksdbRecords> records_;
  const std::shared_ptr<SegmentPool> pool_;  // shared with every writer
  MessageIndex index_;
  rocksdb::WriteBatch batch_;  // of the commit thread
  std::atomic<std::uint64_t> last_id_ = 0;
  std::atomic<std::uint64_t> messages_ = 0;
  std::atomic<std::uint64_t> content_bytes_ = 0;
  std::atomic<std::uint64_t> syncs_ = 0;
  std::atomic<std::uint64_t> commit_count_ = 0;
  std::unique_ptr<CommitGroup> commits_;  // last: its thread uses all of the above
};

Result<void> RocksdbSpool::recover() {
  bool has_damage = false;
  auto scanned = records_->scan({}, [&](QueueId id, std::string_view value, std::optional<std::string_view> state) {
    IndexEntry entry;
    entry.has_state = state.has_value();
    const auto head = decode_head(id, value);
    auto segments = head ? adopt(id, *head, value) : std::unexpected(head.error());
    if (head && segments) {
      entry.size_bytes = head->size.count;
      entry.place = head->place;
      entry.is_rewritten = head->is_rewritten;
      entry.segments = *std::move(segments);
    } else {
      entry.is_damaged = true;
      has_damage = true;
      observe::log(observe::Level::kError, observe::events::kCorrupt,
                   {{"id", id.to_string()}, {"reason", segments.error().text}});
    }
    content_bytes_ += entry.size_bytes;
    ++messages_;
    last_id_ = id.value;
    index_.insert(id, std::move(entry));
    return true;
  });
  // The rest of the spool is usable; but what the scan did not reach may name any segment.
  if (!scanned) {
    has_damage = true;
    observe::log(observe::Level::kError, observe::events::kCorrupt, {{"reason", scanned.error().text}});
  }
  pool_->finish_recovery(has_damage);
  return scanned ? records_->allow_compaction() : Result<void>{};
}

Result<std::vector<std::shared_ptr<Segment>>> RocksdbSpool::adopt(QueueId id, const MessageHead& head,
                                                                  std::string_view value) {
  std::vector<std::shared_ptr<Segment>> segments;
  if (head.place != BodyPlace::kSegments) return segments;
  const auto pieces = decode_pieces(id, value);
  if (!pieces) return std::unexpected(pieces.error());
  for (const Piece& piece : *pieces) {
    auto segment = pool_->adopt(piece);
    if (std::ranges::find(segments, segment) == segments.end()) segments.push_back(std::move(segment));
  }
  return segments;
}

Result<std::unique_ptr<BodyWriter>> RocksdbSpool::reserve(Bytes expected) {
  if (auto failure = commits_->failure()) return std::unexpected(*std::move(failure));
  auto lease = admission_->reserve(expected);
  if (!lease) return std::unexpected(std::move(lease).error());
  if (expected > options_.inline_max)
    if (auto prepared = pool_->prepare(); !prepared) return std::unexpected(std::move(prepared).error());
  return std::make_unique<DiskBodyWriter>(*std::move(lease), pool_, options_.inline_max);
}

Result<EncodedMessage> RocksdbSpool::encode(NewMessage message) {
  auto* const writer = dynamic_cast<DiskBodyWriter*>(message.body.get());
  SEALPOST_ASSERT(writer != nullptr, "a content is committed to the spool that made its writer");
  EncodedMessage encoded;
  encoded.id = message.record.id;
  encoded.writer.reset(writer);
  static_cast<void>(message.body.release());
  if (auto finished = writer->finish(); !finished) return std::unexpected(std::move(finished).error());

  message.record.size = writer->size();
  const BodyTail tail = writer->tail();
  encoded.value = encode_message(message.record, tail);
  if (tail.place == BodyPlace::kApart) {
    encoded.apart = writer->take_apart();
    seal_apart(encoded.id, encoded.apart);
  }
  encoded.entry.size_bytes = message.record.size.count;
  encoded.entry.place = tail.place;
  for (const Room& room : writer->rooms()) encoded.entry.segments.push_back(room.segment);
  return encoded;
}

void RocksdbSpool::commit(Change change, Committed committed) {
  auto prepared = std::make_unique<DiskChange>();
  prepared->committed = std::move(committed);
  prepared->remove = std::move(change.remove);
  for (const auto& [id, state] : change.set) prepared->set.emplace_back(id, encode_state(id, state));
  for (NewMessage& message : change.add) {
    auto encoded = encode(std::move(message));
    if (!encoded) {
      prepared->outcome = std::unexpected(std::move(encoded).error());
      break;
    }
    prepared->add.push_back(*std::move(encoded));
  }
  commits_->enqueue(std::move(prepared));
}

Result<void> RocksdbSpool::write(CommitGroup::Group group) {
  batch_.Clear();
  std::vector<Room> rooms;
  for (const auto& prepared : group) {
    auto& change = static_cast<DiskChange&>(*prepared);
    if (change.outcome) change.outcome = check(change);
    if (change.outcome) apply(change, rooms);
  }
  if (batch_.Count() == 0) return {};
  if (auto synced = sync(rooms); !synced) {
    pool_->freeze();
    return synced;
  }
  ++syncs_;
  for (const auto& prepared : group)
    if (prepared->outcome) count(static_cast<DiskChange&>(*prepared));
  return {};
}

// Contents before the records that name them.
Result<void> RocksdbSpool::sync(const std::vector<Room>& rooms) {
  if (!rooms.empty())
    if (auto synced = pool_->sync(rooms); !synced) return synced;
  return records_->write(batch_);
}

Result<void> RocksdbSpool::check(const DiskChange& change) const {
  for (const EncodedMessage& message : change.add)
    if (index_.contains(message.id))
      return fail(Fault::kInternal, "message " + message.id.to_string() + " is stored already");
  for (const auto& [id, value] : change.set)
    if (!index_.contains(id)) return not_found(id);
  for (const QueueId id : change.remove)
    if (!index_.contains(id)) return not_found(id);
  return {};
}

void RocksdbSpool::apply(DiskChange& change, std::vector<Room>& rooms) {
  for (EncodedMessage& message : change.add) {
    batch_.Put(RecordKey(RecordKind::kMessage, message.id).slice(), message.value);
    if (message.entry.place == BodyPlace::kApart)
      batch_.Put(RecordKey(RecordKind::kBody, message.id).slice(), message.apart);
    for (const Room& room : message.writer->rooms())
      if (std::ranges::find(rooms, room.segment, &Room::segment) == rooms.end()) rooms.push_back(room);
    index_.insert(message.id, std::move(message.entry));
  }
  for (const auto& [id, value] : change.set) {
    batch_.Put(RecordKey(RecordKind::kState, id).slice(), value);
    index_.set_has_state(id);
  }
  for (const QueueId id : change.remove) {
    auto entry = index_.take(id);
    if (!entry) continue;  // named twice in one change
    erase(id, *entry);
    change.removed.push_back(*std::move(entry));
  }
}

void RocksdbSpool::erase(QueueId id, const IndexEntry& entry) {
  const RecordKey message(RecordKind::kMessage, id);
  const RecordKey body(RecordKind::kBody, id);
  // SingleDelete is right only for a key that was put exactly once; of a damaged message nobody knows.
  if (entry.is_damaged || entry.is_rewritten)
    batch_.Delete(message.slice());
  else
    batch_.SingleDelete(message.slice());
  if (entry.is_damaged)
    batch_.Delete(body.slice());
  else if (entry.place == BodyPlace::kApart)
    batch_.SingleDelete(body.slice());
  if (entry.has_state) batch_.Delete(RecordKey(RecordKind::kState, id).slice());
}

void RocksdbSpool::count(const DiskChange& change) {
  ++commit_count_;
  for (const EncodedMessage& message : change.add) {
    content_bytes_ += message.writer->size().count;
    last_id_ = std::max<std::uint64_t>(last_id_, message.id.value);
  }
  for (const IndexEntry& entry : change.removed) content_bytes_ -= entry.size_bytes;
  messages_ += change.add.size();
  messages_ -= change.removed.size();
}

Result<Stored> RocksdbSpool::load(QueueId id) {
  // The state first: a removal between the two reads is then seen as a removal, never as a message that was not
  // attempted yet.
  const auto state = records_->get(RecordKind::kState, id);
  if (!state) return std::unexpected(state.error());
  const auto value = records_->get(RecordKind::kMessage, id);
  if (!value) return std::unexpected(value.error());
  if (!*value) return not_found(id);
  auto record = decode_message(id, **value);
  if (!record) return std::unexpected(std::move(record).error());
  if (!*state) {
    DeliveryState initial = initial_state(*record);
    return Stored{*std::move(record), std::move(initial)};
  }
  auto decoded = decode_state(id, **state);
  if (!decoded) return std::unexpected(std::move(decoded).error());
  return Stored{*std::move(record), *std::move(decoded)};
}

Result<std::unique_ptr<message::BodySource>> RocksdbSpool::open_body(QueueId id) {
  // The hold comes first: from here on nothing of the content is reused, whatever is committed meanwhile.
  auto segments = index_.hold_segments(id);
  if (!segments) return not_found(id);
  auto value = records_->get(RecordKind::kMessage, id);
  if (!value) return std::unexpected(std::move(value).error());
  if (!*value) return not_found(id);
  const auto head = decode_head(id, **value);
  if (!head) return std::unexpected(head.error());

  if (head->place == BodyPlace::kSegments) {
    auto pieces = decode_pieces(id, **value);
    if (!pieces) return std::unexpected(std::move(pieces).error());
    return make_segment_source(id, head->size, *std::move(pieces), *std::move(segments));
  }
  const bool is_apart = head->place == BodyPlace::kApart;
  if (is_apart) {
    value = records_->get(RecordKind::kBody, id);
    if (!value) return std::unexpected(std::move(value).error());
    // The two stand in one batch: without its content the message is being removed.
    if (!*value) return not_found(id);
  }
  const auto owner = std::make_shared<const std::string>(**std::move(value));  // owned by the source alone
  const auto content = is_apart ? decode_apart(id, *owner) : decode_content(id, *owner);
  if (!content) return std::unexpected(content.error());
  return make_memory_source(owner, *content);
}

Result<void> RocksdbSpool::for_each(QueueId after, const std::function<bool(const Summary&)>& visit,
                                    const std::function<void(QueueId, const Error&)>& damaged) {
  const auto visit_record = [&](QueueId id, std::string_view value, std::optional<std::string_view> state) {
    const auto head = decode_head(id, value);
    if (!head) return damaged(id, head.error()), true;
    StateHead due{0, head->arrived};
    if (state) {
      const auto decoded = decode_state_head(id, *state);
      if (!decoded) return damaged(id, decoded.error()), true;
      due = *decoded;
    }
    return visit({id, head->arrived, due.next_attempt, due.attempts, head->size});
  };
  const auto scanned = records_->scan(after, visit_record);
  // Whatever could be read and was wanted was visited. Which message the rest belonged to is not known.
  if (!scanned) damaged(QueueId{}, scanned.error());
  return {};
}

}  // namespace

Result<std::unique_ptr<Spool>> open_rocksdb_spool(RocksdbOptions options, const DiskSeams& seams) {
  if (options.segment_size.count % kPageSize != 0 || options.segment_size.count < kPieceSize)
    return fail(Fault::kConfiguration,
                fmt::format("a segment is a multiple of {} octets and has at least {}", kPageSize, kPieceSize));
  auto directory = SpoolDirectory::open(options.directory);
  if (!directory) return std::unexpected(std::move(directory).error());
  // RocksDB first: its lock keeps a second process away from the segments.
  auto records = RocksdbRecords::open(directory->index, seams.env != nullptr ? seams.env : rocksdb::Env::Default());
  if (!records) return std::unexpected(std::move(records).error());
  auto pool = SegmentPool::open(directory->segments, options.segment_size, seams.data_sync);
  if (!pool) return std::unexpected(std::move(pool).error());
  auto spool = std::make_unique<RocksdbSpool>(std::move(options), *std::move(records), *std::move(pool));
  if (auto recovered = spool->recover(); !recovered) return std::unexpected(std::move(recovered).error());
  return spool;
}

Result<std::unique_ptr<Spool>> open_rocksdb_spool(RocksdbOptions options) {
  return open_rocksdb_spool(std::move(options), {});
}

}  // namespace sealpost::spool
