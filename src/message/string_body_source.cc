// Reading content from memory, piece by piece, with the same bound on pieces that sources on disk keep.
#include "message/string_body_source.h"

#include <algorithm>

#include "base/assert.h"

namespace sealpost::message {

StringBodySource::StringBodySource(std::string content, std::size_t piece_size_max)
    : content_(std::move(content)), piece_size_max_(std::min<std::size_t>(piece_size_max, 256 * 1024)) {
  SEALPOST_ASSERT(piece_size_max > 0, "a body source hands out at least one octet at a time");
}

Bytes StringBodySource::size() const { return {content_.size()}; }

Result<std::string_view> StringBodySource::next() {
  const std::string_view piece = std::string_view(content_).substr(position_, piece_size_max_);
  position_ += piece.size();
  return piece;
}

Result<void> StringBodySource::rewind() {
  position_ = 0;
  return {};
}

}  // namespace sealpost::message
