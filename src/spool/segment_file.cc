// System calls on one segment file.
#include "spool/segment_file.h"

#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace sealpost::spool {

Result<SegmentFile> SegmentFile::open(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  if (descriptor < 0) {
    if (errno == ENOENT) return fail(Fault::kCorruption, path + ": the segment file is missing");
    return fail_errno("open " + path);
  }
  return SegmentFile(descriptor, path);
}

Result<SegmentFile> SegmentFile::create(const std::string& path, Bytes size) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0) return fail_errno("create " + path);
  SegmentFile file(descriptor, path);
  int result = ::fallocate(descriptor, 0, 0, static_cast<off_t>(size.count));
  // A file system without preallocation still works; it only finds out later that it is full.
  if (result != 0 && errno == EOPNOTSUPP) result = ::ftruncate(descriptor, static_cast<off_t>(size.count));
  if (result != 0) {
    const int error = errno;
    ::unlink(path.c_str());
    return fail_errno("allocate " + path, error);
  }
  return file;
}

SegmentFile::SegmentFile(SegmentFile&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), path_(std::move(other.path_)) {}

SegmentFile::~SegmentFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<void> SegmentFile::write(std::uint64_t offset, std::string_view octets) const {
  while (!octets.empty()) {
    const ssize_t written = ::pwrite(descriptor_, octets.data(), octets.size(), static_cast<off_t>(offset));
    if (written < 0) {
      if (errno == EINTR) continue;
      return fail_errno("write " + path_);
    }
    octets.remove_prefix(static_cast<std::size_t>(written));
    offset += static_cast<std::uint64_t>(written);
  }
  return {};
}

Result<void> SegmentFile::read(std::uint64_t offset, std::span<char> octets) const {
  while (!octets.empty()) {
    const ssize_t got = ::pread(descriptor_, octets.data(), octets.size(), static_cast<off_t>(offset));
    if (got < 0) {
      if (errno == EINTR) continue;
      return fail_errno("read " + path_);
    }
    if (got == 0) return fail(Fault::kCorruption, path_ + ": the segment file ends too early");
    octets = octets.subspan(static_cast<std::size_t>(got));
    offset += static_cast<std::uint64_t>(got);
  }
  return {};
}

Result<void> SegmentFile::sync(DataSync data_sync) const {
  if (data_sync(descriptor_) != 0) return fail_errno("sync " + path_);
  return {};
}

}  // namespace sealpost::spool
