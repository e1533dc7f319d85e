// What tests may put between the durable spool and the disk. Everybody else opens it with open_rocksdb_spool() of
// spool.h.
#pragma once
#include <unistd.h>

#include "spool/segment_file.h"
#include "spool/spool.h"

namespace rocksdb {
class Env;
}

namespace sealpost::spool {

struct DiskSeams {
  rocksdb::Env* env = nullptr;  // for the records and their log; nullptr is the real one
  SegmentFile::DataSync data_sync = ::fdatasync;
};
Result<std::unique_ptr<Spool>> open_rocksdb_spool(RocksdbOptions options, const DiskSeams& seams);

}  // namespace sealpost::spool
