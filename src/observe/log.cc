// The process-wide log: level, format, and the writer while it runs. Before start_log() and after stop_log() lines are
// written directly.
#include "observe/log.h"

#include <atomic>
#include <memory>
#include <mutex>
#include <span>
#include <string>

#include "base/clock.h"
#include "observe/events.h"
#include "observe/line_format.h"
#include "observe/line_writer.h"

namespace sealpost::observe {

namespace {

constexpr int kStandardError = 2;

struct Log {
  std::atomic<LogFormat> format = LogFormat::kLogfmt;
  std::atomic<Level> least = Level::kInfo;
  std::atomic<LineWriter*> running = nullptr;
  std::mutex mutex;                    // of start and stop
  std::unique_ptr<LineWriter> writer;  // stays alive after stop(), for a line that is on its way through another thread
};

/// Never destroyed: static objects and detached library threads may log until the very end.
Log& the_log() {
  static Log& log = *new Log;
  return log;
}

std::string dropped_line(std::uint64_t count) {
  std::string line;
  const Field field("count", count);
  append_line(line, the_log().format, wall_now(), Level::kError, events::kLogDropped, std::span(&field, 1));
  return line;
}

}  // namespace

void log(Level level, std::string_view event, std::initializer_list<Field> fields) {
  Log& the = the_log();
  if (level < the.least.load(std::memory_order_relaxed)) return;
  thread_local std::string line;
  line.clear();
  append_line(line, the.format.load(std::memory_order_relaxed), wall_now(), level, event, std::span(fields));
  if (LineWriter* writer = the.running.load(std::memory_order_acquire)) {
    writer->write(line);  // A full buffer is counted there and told in the log itself.
  } else {
    write_fully(kStandardError, line);
  }
}

void start_log(LogFormat format, Level least) {
  Log& the = the_log();
  const std::lock_guard lock(the.mutex);
  the.format = format;
  the.least = least;
  if (the.running.load() != nullptr) return;
  the.writer =
      std::make_unique<LineWriter>(LineWriter::Options{.descriptor = kStandardError, .dropped_line = dropped_line});
  the.running.store(the.writer.get(), std::memory_order_release);
}

void stop_log() {
  Log& the = the_log();
  const std::lock_guard lock(the.mutex);
  the.running.store(nullptr, std::memory_order_release);
  if (the.writer) the.writer->stop();
}

bool is_logged(Level level) { return level >= the_log().least.load(std::memory_order_relaxed); }

}  // namespace sealpost::observe
