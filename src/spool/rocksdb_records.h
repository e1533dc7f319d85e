// The records of the durable spool in RocksDB: keys, settings, batches, and a scan that survives damage.
// Never: a write that is not synced, a compressed or cached copy of a content that is read once.
#pragma once
#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include "base/queue_id.h"
#include "base/result.h"

namespace sealpost::spool {

enum class RecordKind : char { kMessage = 'm', kBody = 'b', kState = 's' };

/// The kind and the id, most significant octet first, so that keys sort by kind and then by age.
class RecordKey {
 public:
  RecordKey(RecordKind kind, QueueId id);
  /// Nothing when `octets` is not a key of that kind.
  static std::optional<QueueId> parse(RecordKind kind, std::string_view octets);
  rocksdb::Slice slice() const { return {octets_.data(), octets_.size()}; }

 private:
  std::array<char, 9> octets_;
};

class RocksdbRecords {
 public:
  /// `env` is RocksDB's default or a test's. Fault::kConfiguration when another process has it open.
  static Result<std::unique_ptr<RocksdbRecords>> open(const std::string& directory, rocksdb::Env* env);

  /// Writes and syncs. After a failure nobody knows what the disk has.
  Result<void> write(rocksdb::WriteBatch& batch);
  /// Nothing when there is no such record. Damage inside the value is for the caller's checksum to find.
  Result<std::optional<std::string>> get(RecordKind kind, QueueId id) const;

  /// Every message record with an id above `after` in the order of ids with its state record, as of one moment. Stops
  /// when `visit` returns false. Damage that was passed is an error in either case, after the visits.
  using Visit = std::function<bool(QueueId, std::string_view message, std::optional<std::string_view> state)>;
  Result<void> scan(QueueId after, const Visit& visit) const;

  /// To be called when a scan found no damage. RocksDB stops all writing when a compaction meets damage, so a damaged
  /// index is left as it is: it serves, it only gathers tables.
  Result<void> allow_compaction();
  /// Moves what is in the log into tables, for a clean stop.
  Result<void> flush();

 private:
  explicit RocksdbRecords(std::unique_ptr<rocksdb::DB> database) : database_(std::move(database)) {}
  std::unique_ptr<rocksdb::DB> database_;
};

}  // namespace sealpost::spool
