// The writer thread of the log.
#include "observe/line_writer.h"

#include <cerrno>
#include <chrono>
#include <utility>

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

namespace sealpost::observe {

namespace {

/// After a batch the writer lets lines gather for this long, so that a busy server pays for a few hundred wake-ups a
/// second and not for one per line. A line after a quiet time is written at once.
constexpr std::chrono::milliseconds kGathering{5};

}  // namespace

void write_fully(int descriptor, std::string_view octets) {
  while (!octets.empty()) {
    const ssize_t written = ::write(descriptor, octets.data(), octets.size());
    if (written >= 0) {
      octets.remove_prefix(static_cast<std::size_t>(written));
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) return;
    pollfd waiting{.fd = descriptor, .events = POLLOUT, .revents = 0};
    if (::poll(&waiting, 1, -1) < 0 && errno != EINTR) return;
  }
}

LineWriter::LineWriter(Options options) : options_(std::move(options)) {
  // The thread must never be the one that a signal of the process lands on; SIGPIPE becomes EPIPE.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_setname_np(thread_.native_handle(), "log");
}

LineWriter::~LineWriter() { stop(); }

bool LineWriter::write(std::string_view line) {
  const std::lock_guard lock(mutex_);
  if (is_stopping_ || line.size() > options_.octets_max - filling_.size()) {
    ++dropped_;
    return false;
  }
  const bool was_empty = filling_.empty();
  filling_.append(line);
  if (was_empty) wake_.notify_one();
  return true;
}

void LineWriter::stop() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

bool LineWriter::take(std::string& batch) {
  batch.clear();
  std::unique_lock lock(mutex_);
  wake_.wait(lock, [this] { return is_stopping_ || !filling_.empty(); });
  batch.swap(filling_);
  const std::uint64_t dropped = std::exchange(dropped_, 0);
  lock.unlock();
  if (dropped > 0 && options_.dropped_line) batch.append(options_.dropped_line(dropped));
  return !batch.empty();
}

void LineWriter::run() {
  std::string batch;
  while (take(batch)) {
    write_fully(options_.descriptor, batch);
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, kGathering, [this] { return is_stopping_ || filling_.size() > options_.octets_max / 2; });
  }
}

}  // namespace sealpost::observe
