// BDAT content out of the input. The same content and faults come out however the input, or the content into chunks,
// was cut.
#include "smtp/bdat_reader.h"

#include "base/assert.h"
#include "smtp/octet_scan.h"

namespace sealpost::smtp {

void BdatReader::begin_chunk(std::uint64_t size_octets, bool is_last) {
  SEALPOST_ASSERT(remaining_octets_ == 0 && !is_last_,
                  "a chunk begins where the one before ended, and none follows the last");
  remaining_octets_ = size_octets;
  is_last_ = is_last;
}

BdatReader::Step BdatReader::next(Input& input) {
  while (true) {
    if (state_ == State::kFaulted) return fault_;
    if (remaining_octets_ == 0) return end_chunk();
    if (input.is_empty()) return NeedMoreInput{};
    const std::string_view octets = state_ == State::kAfterCr ? resolve_held(input) : take_text(input);
    if (!octets.empty()) return ContentPiece{octets};
  }
}

BdatReader::Step BdatReader::end_chunk() {
  if (!is_last_ || state_ == State::kLineStart) return EndOfChunk{is_last_};
  if (state_ == State::kAfterCr) {
    fail(FramingFault::kBareCr);
    return fault_;
  }
  state_ = State::kLineStart;
  return ContentPiece{"\r\n"};
}

std::string_view BdatReader::resolve_held(Input& input) {
  if (input.view().front() != '\n') {
    fail(FramingFault::kBareCr);
    return {};
  }
  take(input, 1);
  state_ = State::kLineStart;
  return "\r\n";
}

std::string_view BdatReader::take_text(Input& input) {
  const std::string_view chunk = input.view().substr(0, remaining_octets_);
  std::size_t at = 0;
  while (at < chunk.size()) {
    state_ = State::kInLine;
    at = find_line_octet(chunk, at);
    if (at == chunk.size()) break;
    if (chunk[at] != '\r') {
      fail(chunk[at] == '\n' ? FramingFault::kBareLf : FramingFault::kNul);
      return take(input, at);
    }
    if (at + 1 == chunk.size()) {
      state_ = State::kAfterCr;
      const std::string_view before = take(input, at);
      take(input, 1);
      return before;
    }
    if (chunk[at + 1] != '\n') {
      fail(FramingFault::kBareCr);
      return take(input, at);
    }
    at += 2;
    state_ = State::kLineStart;
  }
  return take(input, at);
}

std::string_view BdatReader::take(Input& input, std::size_t count) {
  const std::string_view taken = input.take(count);
  remaining_octets_ -= taken.size();
  return taken;
}

void BdatReader::fail(FramingFault fault) {
  state_ = State::kFaulted;
  fault_ = fault;
}

bool ChunkSkipper::skip(Input& input) {
  const std::uint64_t available = input.view().size();
  const std::uint64_t taken = remaining_octets_ < available ? remaining_octets_ : available;
  input.take(static_cast<std::size_t>(taken));
  remaining_octets_ -= taken;
  return remaining_octets_ == 0;
}

}  // namespace sealpost::smtp
