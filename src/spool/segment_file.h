// One open segment file: positioned reads and writes that finish, and the sync. Kept open while anybody reads, writes
// or still has to sync: a write error that the kernel has not reported yet must not get lost with the last descriptor.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace sealpost::spool {

class SegmentFile {
 public:
  /// `data_sync`: fdatasync, or what a test puts in its place.
  using DataSync = int (*)(int);

  static Result<SegmentFile> open(const std::string& path);
  /// Creates the file and allocates `size` on the disk, so that later writes neither move the end of the file nor find
  /// the disk full.
  static Result<SegmentFile> create(const std::string& path, Bytes size);
  SegmentFile(SegmentFile&& other) noexcept;
  SegmentFile& operator=(SegmentFile&&) = delete;
  ~SegmentFile();

  Result<void> write(std::uint64_t offset, std::string_view octets) const;
  /// Fills `octets`; a file that ends before is Fault::kCorruption.
  Result<void> read(std::uint64_t offset, std::span<char> octets) const;
  Result<void> sync(DataSync data_sync) const;

 private:
  SegmentFile(int descriptor, std::string path) : descriptor_(descriptor), path_(std::move(path)) {}
  int descriptor_;
  std::string path_;
};

}  // namespace sealpost::spool
