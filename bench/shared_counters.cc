// SharedCounters on mmap(2). Never grows, never locks.
#include "shared_counters.h"

#include <cerrno>
#include <cstring>
#include <ctime>

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sockets.h"

namespace sealpost::bench {

static_assert(std::atomic<std::uint64_t>::is_always_lock_free, "a lock would not be shared between processes");

SharedCounters::SharedCounters(const std::string& file) {
  Descriptor opened;
  int flags = MAP_SHARED;
  if (file.empty()) {
    flags |= MAP_ANONYMOUS;
  } else {
    opened = Descriptor(open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!opened || ftruncate(opened.get(), sizeof(Row)) != 0) {
      die(fmt::format("cannot make the counter file {}: {}", file, std::strerror(errno)));
    }
  }
  void* memory = mmap(nullptr, sizeof(Row), PROT_READ | PROT_WRITE, flags, opened.get(), 0);
  if (memory == MAP_FAILED) die(fmt::format("cannot map the counter file {}: {}", file, std::strerror(errno)));
  row_ = static_cast<Row*>(memory);
}

SharedCounters::~SharedCounters() { munmap(row_, sizeof(Row)); }

std::uint64_t monotonic_nanoseconds() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(now.tv_nsec);
}

}  // namespace sealpost::bench
