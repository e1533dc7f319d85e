// Reading back, piece by piece.
#include "spool/body_source.h"

#include <algorithm>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "spool/checksum.h"

namespace sealpost::spool {

namespace {

constexpr std::size_t kHandOutMax = 256 * 1024;  // what BodySource::next() promises

class MemorySource final : public message::BodySource {
 public:
  MemorySource(std::shared_ptr<const void> owner, std::string_view content)
      : owner_(std::move(owner)), content_(content) {}

  Bytes size() const override { return {content_.size()}; }
  Result<std::string_view> next() override {
    const std::string_view piece = content_.substr(position_, kHandOutMax);
    position_ += piece.size();
    return piece;
  }
  Result<void> rewind() override {
    position_ = 0;
    return {};
  }

 private:
  const std::shared_ptr<const void> owner_;
  const std::string_view content_;
  std::size_t position_ = 0;
};

class SegmentSource final : public message::BodySource {
 public:
  SegmentSource(QueueId id, Bytes size, std::vector<Piece> pieces, std::vector<std::shared_ptr<Segment>> segments)
      : id_(id), size_(size), pieces_(std::move(pieces)), segments_(std::move(segments)) {}

  Bytes size() const override { return size_; }

  Result<std::string_view> next() override {
    if (position_ == pieces_.size()) return std::string_view{};
    const Piece& piece = pieces_.at(position_);
    if (auto opened = open(piece.segment); !opened) return std::unexpected(std::move(opened).error());
    buffer_.resize(piece.length);
    if (auto read = file_->read(std::uint64_t{piece.page} * kPageSize, buffer_); !read)
      return std::unexpected(std::move(read).error().in(id_.to_string()));
    if (checksum(buffer_) != piece.checksum)
      return fail(Fault::kCorruption, fmt::format("message {}: {} octets at page {} of segment {:08X} are damaged",
                                                  id_.to_string(), piece.length, piece.page, piece.segment));
    ++position_;
    return std::string_view(buffer_);
  }

  Result<void> rewind() override {
    position_ = 0;
    return {};
  }

 private:
  Result<void> open(std::uint32_t number) {
    if (file_ && number == open_number_) return {};
    const auto segment = std::ranges::find(segments_, number, [](const auto& s) { return s->number(); });
    if (segment == segments_.end())
      return fail(Fault::kCorruption, fmt::format("message {}: segment {:08X} is not held", id_.to_string(), number));
    auto file = (*segment)->file();
    if (!file) return std::unexpected(std::move(file).error().in(id_.to_string()));
    file_ = *std::move(file);
    open_number_ = number;
    return {};
  }

  const QueueId id_;
  const Bytes size_;
  const std::vector<Piece> pieces_;
  const std::vector<std::shared_ptr<Segment>> segments_;  // shared with the message and its writer
  std::shared_ptr<const SegmentFile> file_;               // shared with everybody who uses the segment now
  std::uint32_t open_number_ = 0;
  std::size_t position_ = 0;
  std::string buffer_;
};

}  // namespace

std::unique_ptr<message::BodySource> make_memory_source(std::shared_ptr<const void> owner, std::string_view content) {
  return std::make_unique<MemorySource>(std::move(owner), content);
}

std::unique_ptr<message::BodySource> make_segment_source(QueueId id, Bytes size, std::vector<Piece> pieces,
                                                         std::vector<std::shared_ptr<Segment>> segments) {
  return std::make_unique<SegmentSource>(id, size, std::move(pieces), std::move(segments));
}

}  // namespace sealpost::spool
