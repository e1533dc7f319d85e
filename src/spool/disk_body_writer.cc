// Buffering and cutting into pieces.
#include "spool/disk_body_writer.h"

#include <algorithm>
#include <utility>

#include "spool/checksum.h"

namespace sealpost::spool {

Result<void> DiskBodyWriter::append(std::string_view octets) {
  if (failure_) return std::unexpected(*failure_);
  const Bytes size = size_ + Bytes{octets.size()};
  Result<void> done = lease_.cover(size);
  if (done) {
    size_ = size;
    done = append_to_piece(octets);
  }
  // What came in before this failure may be written in part: the content is lost as a whole.
  if (!done) failure_ = done.error();
  return done;
}

Result<void> DiskBodyWriter::append_to_piece(std::string_view octets) {
  while (!octets.empty()) {
    if (held().empty() && octets.size() >= kPieceSize) {
      // Straight from the caller's memory.
      if (auto written = write_piece(octets.substr(0, kPieceSize)); !written) return written;
      octets.remove_prefix(kPieceSize);
      continue;
    }
    const std::size_t part = std::min(octets.size(), kPieceSize - held().size());
    buffer_.append(octets.substr(0, part));
    octets.remove_prefix(part);
    if (held().size() < kPieceSize) continue;
    if (auto written = write_piece(held()); !written) return written;
    buffer_.resize(kApartHeader);
  }
  return {};
}

Result<void> DiskBodyWriter::write_piece(std::string_view octets) {
  auto room = pool_->allocate(octets.size());
  if (!room) return std::unexpected(std::move(room).error());
  if (auto written = room->file->write(std::uint64_t{room->page} * kPageSize, octets); !written) return written;
  pieces_.push_back({room->segment->number(), room->page, static_cast<std::uint32_t>(octets.size()), checksum(octets)});
  const bool is_known = std::ranges::any_of(rooms_, [&](const Room& r) { return r.segment == room->segment; });
  if (!is_known) rooms_.push_back(*std::move(room));
  return {};
}

Result<void> DiskBodyWriter::finish() {
  if (failure_) return std::unexpected(*failure_);
  const bool is_small = pieces_.empty() && size_ <= inline_max_;
  if (is_small || held().empty()) return {};
  Result<void> written = write_piece(held());
  if (!written) failure_ = written.error();
  return written;
}

BodyTail DiskBodyWriter::tail() const {
  if (!pieces_.empty()) return {BodyPlace::kSegments, {}, pieces_};
  if (held().size() <= kTogetherMax) return {BodyPlace::kTogether, held(), {}};
  return {};
}

}  // namespace sealpost::spool
