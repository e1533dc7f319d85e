// RocksDB as the spool uses it. Nearly every message is put and deleted while both are still in memory, so the log is
// the main cost: no compression, one writer, SingleDelete so that the pair vanishes at the flush, and hints for keys
// that only grow.
#include "spool/rocksdb_records.h"

#include <utility>

#include <fmt/format.h>
#include <rocksdb/cache.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/iterator.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/table_properties_collectors.h>

#include "spool/rocksdb_log.h"

namespace sealpost::spool {

namespace {

Error error_from(const rocksdb::Status& status, std::string_view action) {
  Fault fault = Fault::kInternal;
  if (status.IsCorruption()) fault = Fault::kCorruption;
  if (status.IsIOError() || status.IsNoSpace()) fault = Fault::kResource;
  return {fault, fmt::format("spool index: {}: {}", action, status.ToString())};
}

rocksdb::Options make_options(rocksdb::Env* env) {
  rocksdb::Options options;
  options.env = env;
  options.create_if_missing = true;
  options.info_log = make_rocksdb_log();
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  options.max_manifest_file_size = 4 << 20;

  // Durability: docs/design-rules.md, "The order of a commit". A vanished log is an error, not a silent truncation.
  options.paranoid_checks = true;
  options.track_and_verify_wals_in_manifest = true;
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  // A failure ends the process; RocksDB must not carry on behind our back.
  options.max_bgerror_resume_count = 0;

  // Memory: at most three tables of 64 MiB, each with a log of the same size to read after a crash.
  options.write_buffer_size = 64 << 20;
  options.max_write_buffer_number = 3;
  options.max_open_files = 128;
  options.max_background_jobs = 2;
  // There is one writer, the commit thread.
  options.allow_concurrent_memtable_write = false;
  options.enable_write_thread_adaptive_yield = false;
  // Ids only grow, so each kind of key is inserted beside the one before.
  options.memtable_insert_with_hint_prefix_extractor.reset(rocksdb::NewFixedPrefixTransform(1));

  // Until the whole index was read: see allow_compaction().
  options.disable_auto_compactions = true;
  options.compression = rocksdb::kNoCompression;
  options.level_compaction_dynamic_level_bytes = true;
  // Messages that outlived one memory table leave tombstones; a table full of them is compacted before a scan has to
  // skip them.
  options.table_properties_collector_factories.push_back(rocksdb::NewCompactOnDeletionCollectorFactory(1024, 512));
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(16 << 20);
  table.cache_index_and_filter_blocks = true;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

// RocksDB's checksum covers a block, ours a record. A block that fails is read again without RocksDB's, so that one
// flipped bit does not take the other messages of its block along.
enum class Verify { kBlocks, kRecordsOnly };

rocksdb::ReadOptions read_options(Verify verify) {
  rocksdb::ReadOptions options;
  options.verify_checksums = verify == Verify::kBlocks;
  options.fill_cache = verify == Verify::kBlocks;
  return options;
}

// One kind of key, from an id to the last, around damage: see damage().
class KindCursor {
 public:
  KindCursor(rocksdb::DB& database, const rocksdb::Snapshot* snapshot, RecordKind kind, std::uint64_t from)
      : database_(database),
        snapshot_(snapshot),
        kind_(kind),
        end_(1, static_cast<char>(std::to_underlying(kind) + 1)),
        next_(from) {
    seek(from);
    settle();
  }

  bool is_valid() const { return iterator_->Valid(); }
  /// The first failure of RocksDB on the way, if any: records may be missing then.
  const rocksdb::Status& damage() const { return damage_; }
  QueueId id() const { return *RecordKey::parse(kind_, iterator_->key().ToStringView()); }
  std::string_view value() const { return iterator_->value().ToStringView(); }
  void next() {
    iterator_->Next();
    settle();
  }

 private:
  // Sees to it that the iterator stands on a key of ours or at the end.
  void settle() {
    for (;;) {
      // A key of another length can only come from damage.
      while (iterator_->Valid() && !RecordKey::parse(kind_, iterator_->key().ToStringView())) iterator_->Next();
      if (iterator_->Valid()) {
        next_ = id().value + 1;
        return;
      }
      if (iterator_->status().ok()) return;
      if (damage_.ok()) damage_ = iterator_->status();
      if (verify_ == Verify::kBlocks) {
        verify_ = Verify::kRecordsOnly;
        seek(next_);
      } else if (!leap()) {
        return;
      }
    }
  }

  // Behind a block that does not even parse: doubles the distance until something reads, then halves it to lose as
  // little as possible.
  bool leap() {
    std::uint64_t step = 1;
    while (!can_seek(next_ + step)) {
      if (step > (UINT64_MAX - next_) / 2) return false;
      step *= 2;
    }
    std::uint64_t bad = next_ + step / 2;
    std::uint64_t good = next_ + step;
    while (good - bad > 1) {
      const std::uint64_t middle = bad + (good - bad) / 2;
      (can_seek(middle) ? good : bad) = middle;
    }
    seek(good);
    next_ = good;
    return true;
  }

  bool can_seek(std::uint64_t from) {
    seek(from);
    return iterator_->status().ok();
  }

  // A fresh iterator each time: one that has failed stays failed.
  void seek(std::uint64_t from) {
    rocksdb::ReadOptions options = read_options(verify_);
    options.snapshot = snapshot_;
    options.iterate_upper_bound = &end_slice_;
    options.fill_cache = false;
    iterator_.reset(database_.NewIterator(options));
    iterator_->Seek(RecordKey(kind_, {from}).slice());
  }

  rocksdb::DB& database_;
  const rocksdb::Snapshot* const snapshot_;
  const RecordKind kind_;
  const std::string end_;
  const rocksdb::Slice end_slice_{end_};
  Verify verify_ = Verify::kBlocks;
  std::uint64_t next_;  // the least id that was not visited yet
  rocksdb::Status damage_;
  std::unique_ptr<rocksdb::Iterator> iterator_;
};

}  // namespace

RecordKey::RecordKey(RecordKind kind, QueueId id) {
  octets_[0] = std::to_underlying(kind);
  for (std::size_t i = 0; i < 8; ++i) octets_.at(1 + i) = static_cast<char>(id.value >> (56 - 8 * i));
}

std::optional<QueueId> RecordKey::parse(RecordKind kind, std::string_view octets) {
  if (octets.size() != 9 || octets.front() != std::to_underlying(kind)) return std::nullopt;
  QueueId id;
  for (const char octet : octets.substr(1)) id.value = id.value << 8 | static_cast<unsigned char>(octet);
  return id;
}

Result<std::unique_ptr<RocksdbRecords>> RocksdbRecords::open(const std::string& directory, rocksdb::Env* env) {
  rocksdb::DB* database = nullptr;
  const rocksdb::Status status = rocksdb::DB::Open(make_options(env), directory, &database);
  if (!status.ok()) {
    const std::string text = status.ToString();
    if (status.IsIOError() && text.contains("LOCK"))
      return fail(Fault::kConfiguration,
                  fmt::format("{} is open in another process; one spool directory serves one server", directory));
    return std::unexpected(error_from(status, "open " + directory));
  }
  return std::unique_ptr<RocksdbRecords>(new RocksdbRecords(std::unique_ptr<rocksdb::DB>(database)));
}

Result<void> RocksdbRecords::write(rocksdb::WriteBatch& batch) {
  rocksdb::WriteOptions options;
  options.sync = true;
  const rocksdb::Status status = database_->Write(options, &batch);
  if (!status.ok()) return std::unexpected(error_from(status, "write and sync"));
  return {};
}

Result<std::optional<std::string>> RocksdbRecords::get(RecordKind kind, QueueId id) const {
  std::string value;
  const RecordKey key(kind, id);
  rocksdb::Status status = database_->Get(read_options(Verify::kBlocks), key.slice(), &value);
  if (status.IsNotFound()) return std::nullopt;
  if (status.ok()) return value;
  // "Not found" in a damaged block means nothing: a state that is missed would deliver to everybody again.
  const rocksdb::Status again = database_->Get(read_options(Verify::kRecordsOnly), key.slice(), &value);
  if (again.ok()) return value;
  return std::unexpected(error_from(status, "read message " + id.to_string()));
}

Result<void> RocksdbRecords::scan(QueueId after, const Visit& visit) const {
  if (after.value == UINT64_MAX) return {};
  const auto release = [this](const rocksdb::Snapshot* held) { database_->ReleaseSnapshot(held); };
  const std::unique_ptr<const rocksdb::Snapshot, decltype(release)> snapshot(database_->GetSnapshot(), release);
  KindCursor message(*database_, snapshot.get(), RecordKind::kMessage, after.value + 1);
  KindCursor state(*database_, snapshot.get(), RecordKind::kState, after.value + 1);
  for (; message.is_valid(); message.next()) {
    const QueueId id = message.id();
    while (state.is_valid() && state.id() < id) state.next();
    const bool has_state = state.is_valid() && state.id() == id;
    if (!visit(id, message.value(), has_state ? std::optional(state.value()) : std::nullopt)) break;
  }
  for (const KindCursor* cursor : {&message, &state})
    if (!cursor->damage().ok()) return std::unexpected(error_from(cursor->damage(), "read all messages"));
  return {};
}

Result<void> RocksdbRecords::allow_compaction() {
  const rocksdb::Status status = database_->EnableAutoCompaction({database_->DefaultColumnFamily()});
  if (!status.ok()) return std::unexpected(error_from(status, "enable compaction"));
  return {};
}

Result<void> RocksdbRecords::flush() {
  const rocksdb::Status status = database_->Flush(rocksdb::FlushOptions());
  if (!status.ok()) return std::unexpected(error_from(status, "flush"));
  return {};
}

}  // namespace sealpost::spool
