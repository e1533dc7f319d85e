// Allocation, reuse and recovery of segment files.
#include "spool/segment_pool.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/assert.h"

namespace sealpost::spool {

namespace {

// Files kept for reuse: enough that a server which delivers at once never allocates, few enough that a burst gives its
// room back.
constexpr std::size_t kFreeMax = 4;
constexpr std::string_view kSuffix = ".segment";

std::uint32_t pages_of(std::size_t octets) { return static_cast<std::uint32_t>((octets + kPageSize - 1) / kPageSize); }

// "0000002A.segment" → 0x2A.
std::optional<std::uint32_t> number_of(std::string_view name) {
  if (name.size() != 8 + kSuffix.size() || !name.ends_with(kSuffix)) return std::nullopt;
  const std::string_view digits = name.substr(0, 8);
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(digits.begin(), digits.end(), number, 16);
  if (error != std::errc{} || end != digits.end()) return std::nullopt;
  return number;
}

Result<void> sync_directory(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return fail_errno("open " + path);
  const int result = ::fsync(descriptor);
  const int error = errno;
  ::close(descriptor);
  if (result != 0) return fail_errno("sync " + path, error);
  return {};
}

}  // namespace

Result<std::shared_ptr<const SegmentFile>> Segment::file() {
  const std::lock_guard lock(mutex_);
  if (auto open = file_.lock()) return open;
  auto opened = SegmentFile::open(path_);
  if (!opened) return std::unexpected(std::move(opened).error());
  auto shared = std::make_shared<const SegmentFile>(*std::move(opened));
  file_ = shared;
  return shared;
}

SegmentPool::SegmentPool(std::string directory, Bytes segment_size, SegmentFile::DataSync data_sync)
    : directory_(std::move(directory)),
      segment_size_(segment_size),
      page_count_(static_cast<std::uint32_t>(segment_size.count / kPageSize)),
      data_sync_(data_sync) {}

SegmentPool::~SegmentPool() = default;

Result<std::shared_ptr<SegmentPool>> SegmentPool::open(std::string directory, Bytes segment_size,
                                                       SegmentFile::DataSync data_sync) {
  std::shared_ptr<SegmentPool> pool(new SegmentPool(std::move(directory), segment_size, data_sync));
  if (auto scanned = pool->scan(); !scanned) return std::unexpected(std::move(scanned).error());
  return pool;
}

Result<void> SegmentPool::scan() {
  std::error_code error;
  for (std::filesystem::directory_iterator entry(directory_, error), end; !error && entry != end;
       entry.increment(error)) {
    const auto number = number_of(entry->path().filename().native());
    if (!number) continue;
    found_.push_back(*number);
    next_number_ = std::max(next_number_, *number + 1);
  }
  if (error) return fail(Fault::kConfiguration, fmt::format("read {}: {}", directory_, error.message()));
  return {};
}

std::string SegmentPool::path_of(std::uint32_t number) const {
  return fmt::format("{}/{:08X}{}", directory_, number, kSuffix);
}

std::shared_ptr<Segment> SegmentPool::hold(std::unique_ptr<Segment> segment) {
  // The deleter does not keep the pool alive: a reader may outlive the spool, and then the file waits for the next
  // start.
  return {segment.release(), [pool = weak_from_this()](Segment* released) {
            std::unique_ptr<Segment> owned(released);
            if (const auto alive = pool.lock()) alive->give_back(std::move(owned));
          }};
}

void SegmentPool::give_back(std::unique_ptr<Segment> segment) {
  if (is_frozen_) return;
  std::string path;
  {
    const std::lock_guard lock(mutex_);
    if (free_.size() < kFreeMax) {
      free_.push_back(std::move(segment));
      return;
    }
    path = segment->path();
  }
  // Not synced: a file that comes back after a crash is named by no record and goes at the next start.
  ::unlink(path.c_str());
}

std::shared_ptr<Segment> SegmentPool::adopt(const Piece& piece) {
  Recovered& recovered = recovered_[piece.segment];
  next_number_ = std::max(next_number_, piece.segment + 1);
  recovered.end_page = std::max(recovered.end_page, piece.page + pages_of(piece.length));
  auto segment = recovered.segment.lock();
  if (!segment) {
    segment = hold(std::make_unique<Segment>(path_of(piece.segment), piece.segment));
    recovered.segment = segment;
  }
  return segment;
}

void SegmentPool::finish_recovery(bool keep_unnamed) {
  for (const std::uint32_t number : found_) {
    if (recovered_.contains(number) || keep_unnamed) continue;
    const std::string path = path_of(number);
    std::error_code error;
    const bool is_whole = std::filesystem::file_size(path, error) == segment_size_.count && !error;
    auto segment = std::make_unique<Segment>(path, number);
    if (is_whole && free_.size() < kFreeMax)
      free_.push_back(std::move(segment));
    else
      ::unlink(path.c_str());
  }
  // Filling goes on in the segment with the most room, or a restart a day would leave a sparse file a day.
  auto best = recovered_.end();
  for (auto it = recovered_.begin(); it != recovered_.end(); ++it)
    if (best == recovered_.end() || it->second.end_page < best->second.end_page) best = it;
  if (best != recovered_.end() && best->second.end_page < page_count_ && !keep_unnamed) {
    auto segment = best->second.segment.lock();
    std::error_code error;
    if (segment && std::filesystem::file_size(segment->path(), error) == segment_size_.count && !error) {
      if (auto file = segment->file()) {
        current_file_ = *std::move(file);
        current_page_ = best->second.end_page;
        current_ = std::move(segment);
      }
    }
  }
  recovered_.clear();
  found_.clear();
}

Result<void> SegmentPool::ensure_room(std::uint32_t pages, std::shared_ptr<Segment>& retired) {
  if (current_) {
    // Only we hold it, and only under this lock can anybody else come to hold it: every page is free again.
    if (current_.use_count() == 1 && !is_frozen_) current_page_ = 0;
    if (current_page_ + pages <= page_count_) return {};
  }
  std::unique_ptr<Segment> segment;
  std::shared_ptr<const SegmentFile> file;
  if (!free_.empty()) {
    auto opened = free_.back()->file();
    if (!opened) return std::unexpected(std::move(opened).error());
    file = *std::move(opened);
    segment = std::move(free_.back());
    free_.pop_back();
  } else {
    const std::uint32_t number = next_number_;
    segment = std::make_unique<Segment>(path_of(number), number);
    auto created = SegmentFile::create(segment->path(), segment_size_);
    if (!created) return std::unexpected(std::move(created).error());
    ++next_number_;
    file = std::make_shared<const SegmentFile>(*std::move(created));
    segment->file_ = file;
    segment->is_new_ = true;
  }
  retired = std::exchange(current_, hold(std::move(segment)));
  current_file_ = std::move(file);
  current_page_ = 0;
  return {};
}

Result<Room> SegmentPool::allocate(std::size_t length) {
  const std::uint32_t pages = pages_of(length);
  SEALPOST_ASSERT(pages <= page_count_, "a piece fits into an empty segment");
  std::shared_ptr<Segment> retired;  // let go after the lock: the last holder's release takes it again
  const std::lock_guard lock(mutex_);
  if (auto ready = ensure_room(pages, retired); !ready) return std::unexpected(std::move(ready).error());
  return Room{current_, current_file_, std::exchange(current_page_, current_page_ + pages)};
}

Result<void> SegmentPool::prepare() {
  std::shared_ptr<Segment> retired;
  const std::lock_guard lock(mutex_);
  return ensure_room(pages_of(kPieceSize), retired);
}

Result<void> SegmentPool::sync(std::span<const Room> rooms) {
  for (const Room& room : rooms)
    if (auto synced = room.file->sync(data_sync_); !synced) return synced;
  const auto is_new = [](const Room& room) { return room.segment->is_new_.load(); };
  if (std::ranges::none_of(rooms, is_new)) return {};
  if (auto synced = sync_directory(directory_); !synced) return synced;
  for (const Room& room : rooms) room.segment->is_new_ = false;
  return {};
}

}  // namespace sealpost::spool
