// RingStore: adaptive group commit. The thread takes whatever waits, writes it with as few pwritev(2) as possible,
// syncs once and reports; while it syncs the next batch gathers. A failed write or sync ends the program.
#include "ring_store.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/uio.h>
#include <unistd.h>

namespace sealpost::bench {
namespace {

constexpr std::size_t kMessagesPerWrite = 512;  // IOV_MAX is 1,024 and each message takes two pieces.

struct RecordHeader {
  std::uint32_t magic = 0x53504253;
  std::uint32_t reserved = 0;
  std::uint64_t length = 0;
};

}  // namespace

RingStore::RingStore(const std::string& file, std::uint64_t size_bytes, OnSynced on_synced)
    : file_(open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)),
      size_bytes_(size_bytes),
      on_synced_(std::move(on_synced)) {
  if (!file_) die(fmt::format("cannot open the ring file {}: {}", file, std::strerror(errno)));
  prewrite();
  thread_ = std::thread([this] { run(); });
}

RingStore::~RingStore() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  arrived_.notify_one();
  thread_.join();
}

void RingStore::prewrite() {
  // Written, not only allocated: an unwritten extent would cost a metadata change, and a journal commit, at each sync.
  const std::string zeros(std::size_t{1} << 20, '\0');
  for (std::uint64_t at = 0; at < size_bytes_; at += zeros.size()) {
    if (pwrite(file_.get(), zeros.data(), zeros.size(), static_cast<off_t>(at)) != static_cast<ssize_t>(zeros.size())) {
      die(fmt::format("cannot fill the ring file: {}", std::strerror(errno)));
    }
  }
  if (fsync(file_.get()) != 0) die(fmt::format("cannot sync the ring file: {}", std::strerror(errno)));
}

void RingStore::submit(Pending message) {
  bool must_wake = false;
  {
    const std::lock_guard lock(mutex_);
    pending_.push_back(std::move(message));
    must_wake = is_waiting_;
  }
  if (must_wake) arrived_.notify_one();
}

void RingStore::run() {
  std::vector<Pending> batch;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      is_waiting_ = true;
      arrived_.wait(lock, [this] { return is_stopping_ || !pending_.empty(); });
      is_waiting_ = false;
      if (pending_.empty()) return;
      batch.swap(pending_);
    }
    write_batch(batch);
    if (fdatasync(file_.get()) != 0) die(fmt::format("cannot sync the ring file: {}", std::strerror(errno)));
    ++syncs_;
    on_synced_(batch);
    batch.clear();
  }
}

void RingStore::write_batch(const std::vector<Pending>& batch) {
  std::size_t first = 0;
  while (first < batch.size()) {
    std::size_t last = first;
    std::uint64_t bytes = 0;
    while (last < batch.size() && last - first < kMessagesPerWrite) {
      const std::uint64_t record = sizeof(RecordHeader) + batch[last].message.size();
      if (record > size_bytes_) die("a message is larger than the ring file");
      if (offset_ + bytes + record > size_bytes_) break;
      bytes += record;
      ++last;
    }
    if (last == first) {
      offset_ = 0;
      continue;
    }
    write_at_offset(batch, first, last);
    offset_ += bytes;
    first = last;
  }
}

void RingStore::write_at_offset(const std::vector<Pending>& batch, std::size_t first, std::size_t last) {
  std::array<RecordHeader, kMessagesPerWrite> headers;
  std::vector<iovec> pieces;
  pieces.reserve((last - first) * 2);
  for (std::size_t i = first; i < last; ++i) {
    const std::string& message = batch[i].message;
    RecordHeader& header = headers[i - first];
    header.length = message.size();
    pieces.push_back({&header, sizeof header});
    pieces.push_back({const_cast<char*>(message.data()), message.size()});
  }
  // A short write happens only when the disk is full, and the file was filled beforehand.
  std::uint64_t expected = 0;
  for (const iovec& piece : pieces) expected += piece.iov_len;
  const ssize_t written =
      pwritev(file_.get(), pieces.data(), static_cast<int>(pieces.size()), static_cast<off_t>(offset_));
  if (written < 0 || static_cast<std::uint64_t>(written) != expected) {
    die(fmt::format("cannot write to the ring file: {}", std::strerror(errno)));
  }
}

}  // namespace sealpost::bench
