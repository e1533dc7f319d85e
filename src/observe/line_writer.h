// LineWriter: takes finished lines from any thread and writes them in batches, one write(2) each, from a thread of its
// own. Bounded: two buffers of fixed size change places; when the one being filled is full, lines are dropped and
// counted, and the count is written as an event. Callers never wait for the descriptor.
#pragma once
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace sealpost::observe {

class LineWriter {
 public:
  struct Options {
    int descriptor = 2;
    std::size_t octets_max = std::size_t{4} << 20;           // about 20,000 lines: a second of a very busy server
    std::function<std::string(std::uint64_t)> dropped_line;  // the line that tells how many were dropped
  };
  explicit LineWriter(Options options);
  ~LineWriter();  // stop()
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;

  /// False when the line was dropped.
  bool write(std::string_view line);
  /// Writes what is buffered and ends the thread. write() after this drops.
  void stop();

 private:
  void run();
  /// Waits for lines and moves them to `batch`; false when stopped and empty.
  bool take(std::string& batch);

  Options options_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::string filling_;        // guarded by mutex_
  std::uint64_t dropped_ = 0;  // guarded by mutex_
  bool is_stopping_ = false;   // guarded by mutex_
  std::thread thread_;
};

/// Writes all of `octets`, waiting where the descriptor is non-blocking; gives up on any other error, for there is
/// nowhere to tell it.
void write_fully(int descriptor, std::string_view octets);

}  // namespace sealpost::observe
