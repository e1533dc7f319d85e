// One event per line that RocksDB wants to log at the level of a warning or above; what it dropped from a damaged log
// is among them.
#include "spool/rocksdb_log.h"

#include <array>
#include <cstdarg>
#include <cstdio>
#include <string_view>

#include "observe/events.h"
#include "observe/log.h"

namespace sealpost::spool {

namespace {

constexpr std::size_t kLineMax = 1024;

class RocksdbLog final : public rocksdb::Logger {
 public:
  RocksdbLog() : Logger(rocksdb::InfoLogLevel::WARN_LEVEL) {}

  using rocksdb::Logger::Logv;
  void Logv(const rocksdb::InfoLogLevel level, const char* format, va_list arguments) override {
    if (level < GetInfoLogLevel() || level == rocksdb::InfoLogLevel::HEADER_LEVEL) return;
    const bool is_error = level >= rocksdb::InfoLogLevel::ERROR_LEVEL;
    write(is_error ? observe::Level::kError : observe::Level::kWarning, format, arguments);
  }
  void Logv(const char*, va_list) override {}  // its informational lines

 private:
  __attribute__((format(printf, 2, 0))) static void write(observe::Level level, const char* format, va_list arguments) {
    std::array<char, kLineMax> line = {};
    std::vsnprintf(line.data(), line.size(), format, arguments);
    observe::log(level, observe::events::kWarning, {{"reason", std::string_view(line.data())}});
  }
};

}  // namespace

std::shared_ptr<rocksdb::Logger> make_rocksdb_log() { return std::make_shared<RocksdbLog>(); }

}  // namespace sealpost::spool
