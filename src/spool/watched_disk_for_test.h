// A disk that loses what was not synced: beside the directory that a spool writes to, it keeps a second one with
// exactly what a power cut would leave. It can also fail a sync, and it records the order of syncs.
#pragma once
#include <atomic>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <system_error>
#include <utility>

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>
#include <unistd.h>

#include "base/assert.h"
#include "spool/rocksdb_spool.h"

namespace sealpost::spool::for_test {

class WatchedDisk {
 public:
  WatchedDisk(std::filesystem::path live, std::filesystem::path survivor)
      : live_(std::move(live)),
        survivor_(std::move(survivor)),
        file_system_(std::make_shared<WatchedFileSystem>(*this)),
        env_(rocksdb::NewCompositeEnv(file_system_)) {
    SEALPOST_ASSERT(current_.exchange(this) == nullptr, "one watched disk at a time: fdatasync has no context");
  }
  ~WatchedDisk() { current_ = nullptr; }
  WatchedDisk(const WatchedDisk&) = delete;
  WatchedDisk& operator=(const WatchedDisk&) = delete;

  DiskSeams seams() { return {env_.get(), &data_sync}; }

  /// 's' for a segment file, 'l' for RocksDB's log, in the order of their syncs.
  std::string order() const {
    const std::lock_guard lock(mutex_);
    return order_;
  }
  void forget_order() {
    const std::lock_guard lock(mutex_);
    order_.clear();
  }

  std::atomic<bool> fails_log_sync = false;
  std::atomic<bool> fails_segment_sync = false;

 private:
  class WatchedFile final : public rocksdb::FSWritableFileOwnerWrapper {
   public:
    WatchedFile(std::unique_ptr<rocksdb::FSWritableFile>&& file, std::string name, WatchedDisk& disk)
        : FSWritableFileOwnerWrapper(std::move(file)), name_(std::move(name)), disk_(disk) {}
    rocksdb::IOStatus Sync(const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override {
      if (is_log() && disk_.fails_log_sync) return rocksdb::IOStatus::IOError("injected", name_);
      auto status = FSWritableFileOwnerWrapper::Sync(options, debug);
      if (status.ok()) disk_.synced(name_, is_log() ? "l" : "");
      return status;
    }
    rocksdb::IOStatus Fsync(const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override {
      return Sync(options, debug);
    }

   private:
    bool is_log() const { return name_.ends_with(".log"); }
    const std::string name_;
    WatchedDisk& disk_;
  };

  class WatchedFileSystem final : public rocksdb::FileSystemWrapper {
   public:
    explicit WatchedFileSystem(WatchedDisk& disk) : FileSystemWrapper(rocksdb::FileSystem::Default()), disk_(disk) {}
    const char* Name() const override { return "WatchedFileSystem"; }
    rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSWritableFile>* file,
                                      rocksdb::IODebugContext* debug) override {
      auto status = target()->NewWritableFile(name, options, file, debug);
      if (status.ok()) *file = std::make_unique<WatchedFile>(std::move(*file), name, disk_);
      return status;
    }
    rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to, const rocksdb::IOOptions& options,
                                 rocksdb::IODebugContext* debug) override {
      auto status = target()->RenameFile(from, to, options, debug);
      std::error_code error;
      if (status.ok()) std::filesystem::rename(disk_.twin(from), disk_.twin(to), error);
      return status;
    }
    rocksdb::IOStatus DeleteFile(const std::string& name, const rocksdb::IOOptions& options,
                                 rocksdb::IODebugContext* debug) override {
      auto status = target()->DeleteFile(name, options, debug);
      std::error_code error;
      if (status.ok()) std::filesystem::remove(disk_.twin(name), error);
      return status;
    }

   private:
    WatchedDisk& disk_;
  };

  std::filesystem::path twin(const std::filesystem::path& path) const {
    return survivor_ / std::filesystem::relative(path, live_);
  }

  void synced(const std::filesystem::path& path, std::string_view mark) {
    const std::filesystem::path copy = twin(path);
    std::filesystem::create_directories(copy.parent_path());
    std::filesystem::copy_file(path, copy, std::filesystem::copy_options::overwrite_existing);
    const std::lock_guard lock(mutex_);
    order_ += mark;
  }

  static int data_sync(int descriptor) {
    WatchedDisk& disk = *current_.load();
    if (disk.fails_segment_sync) {
      errno = EIO;
      return -1;
    }
    const int result = ::fdatasync(descriptor);
    if (result == 0) disk.synced(std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(descriptor)), "s");
    return result;
  }

  static inline std::atomic<WatchedDisk*> current_ = nullptr;
  const std::filesystem::path live_;
  const std::filesystem::path survivor_;
  const std::shared_ptr<WatchedFileSystem> file_system_;  // shared with the environment
  const std::unique_ptr<rocksdb::Env> env_;
  mutable std::mutex mutex_;
  std::string order_;
};

}  // namespace sealpost::spool::for_test
