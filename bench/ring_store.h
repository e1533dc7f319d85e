// RingStore: the cheapest storage that may still be called durable: messages are appended to a file written once from
// end to end beforehand, and one fdatasync serves all that wait. It has no index and overwrites its oldest messages, so
// it is a ceiling, not a queue.
#pragma once
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "server_loop.h"
#include "sockets.h"

namespace sealpost::bench {

class RingStore {
 public:
  struct Pending {
    std::string message;
    Token token;
  };
  /// Called on the store's thread when every message of the batch is on disk.
  using OnSynced = std::function<void(const std::vector<Pending>&)>;

  RingStore(const std::string& file, std::uint64_t size_bytes, OnSynced on_synced);
  RingStore(const RingStore&) = delete;
  RingStore& operator=(const RingStore&) = delete;
  ~RingStore();

  /// From any thread.
  void submit(Pending message);
  std::uint64_t syncs() const { return syncs_; }

 private:
  void prewrite();
  void run();
  void write_batch(const std::vector<Pending>& batch);
  void write_at_offset(const std::vector<Pending>& batch, std::size_t first, std::size_t last);

  Descriptor file_;
  std::uint64_t size_bytes_;
  std::uint64_t offset_ = 0;
  std::uint64_t syncs_ = 0;
  OnSynced on_synced_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  bool is_stopping_ = false;
  bool is_waiting_ = false;
  std::vector<Pending> pending_;
  std::thread thread_;
};

}  // namespace sealpost::bench
