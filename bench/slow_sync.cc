// libsealpost_slow_sync.so: counts the syncs of the program it is preloaded into, and can make each of them slower, to
// stand for a disk that this machine does not have. Intercepts fsync, fdatasync, sync_file_range and msync(MS_SYNC);
// O_DSYNC writes, RWF_DSYNC and io_uring are not seen. Never makes a sync faster.
//   SEALPOST_SLOW_SYNC_MS    milliseconds added before each sync (a decimal fraction is allowed)
//   SEALPOST_SLOW_SYNC_FILE  a file of native 64-bit numbers, shared while the program runs:
//                            [0] syncs so far, [1] sync_file_range calls so far, [2] added delay in microseconds
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdlib>

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

namespace {

struct Shared {
  std::atomic<std::uint64_t> syncs;
  std::atomic<std::uint64_t> range_syncs;
  std::atomic<std::uint64_t> delay_microseconds;
};

Shared* map_shared() {
  static Shared private_row;
  const char* name = std::getenv("SEALPOST_SLOW_SYNC_FILE");
  if (name == nullptr) return &private_row;
  const int file = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0 || ftruncate(file, 4096) != 0) return &private_row;
  void* memory = mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  return memory == MAP_FAILED ? &private_row : static_cast<Shared*>(memory);
}

Shared& shared() {
  static Shared* const row = [] {
    Shared* made = map_shared();
    if (const char* delay = std::getenv("SEALPOST_SLOW_SYNC_MS"); delay != nullptr) {
      made->delay_microseconds = static_cast<std::uint64_t>(std::strtod(delay, nullptr) * 1000.0);
    }
    return made;
  }();
  return *row;
}

void wait_as_asked() {
  const std::uint64_t microseconds = shared().delay_microseconds;
  if (microseconds == 0) return;
  timespec left{static_cast<time_t>(microseconds / 1'000'000), static_cast<long>(microseconds % 1'000'000 * 1000)};
  while (nanosleep(&left, &left) != 0 && errno == EINTR) {
  }
}

template <class Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

int fsync(int descriptor) {
  static auto* const real = next<int(int)>("fsync");
  ++shared().syncs;
  wait_as_asked();
  return real(descriptor);
}

int fdatasync(int descriptor) {
  static auto* const real = next<int(int)>("fdatasync");
  ++shared().syncs;
  wait_as_asked();
  return real(descriptor);
}

int sync_file_range(int descriptor, off64_t offset, off64_t count, unsigned int flags) {
  static auto* const real = next<int(int, off64_t, off64_t, unsigned int)>("sync_file_range");
  ++shared().range_syncs;
  wait_as_asked();
  return real(descriptor, offset, count, flags);
}

int msync(void* address, size_t length, int flags) {
  static auto* const real = next<int(void*, size_t, int)>("msync");
  if ((flags & MS_SYNC) != 0) {
    ++shared().syncs;
    wait_as_asked();
  }
  return real(address, length, flags);
}

}  // extern "C"
