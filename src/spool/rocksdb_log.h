// RocksDB's warnings in our own log, instead of a LOG file that nobody reads and that grows.
#pragma once
#include <memory>

#include <rocksdb/env.h>

namespace sealpost::spool {

std::shared_ptr<rocksdb::Logger> make_rocksdb_log();

}  // namespace sealpost::spool
