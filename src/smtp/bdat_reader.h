// The content behind BDAT (RFC 3030 §2): chunks of an exact number of octets. BINARYMIME is not offered, so the content
// is text: a CR belongs to a LF, also when a chunk ends between them, and there is no NUL. When the content does not
// end with CRLF, one is added behind the last chunk: every next hop that is spoken to with DATA would see it so, and
// what is stored and signed must be what is delivered. Never: an octet more or less than the chunk; a copy of content.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <variant>

#include "smtp/framing.h"

namespace sealpost::smtp {

/// The last octet of the chunk was taken; what follows in the input is the next command.
struct EndOfChunk {
  bool is_last = false;
  friend bool operator==(const EndOfChunk&, const EndOfChunk&) = default;
};

/// One per transaction; lives across its chunks.
class BdatReader {
 public:
  using Step = std::variant<NeedMoreInput, ContentPiece, EndOfChunk, FramingFault>;

  /// After the BDAT command, and only after the EndOfChunk of the chunk before.
  void begin_chunk(std::uint64_t size_octets, bool is_last);

  /// The pieces of all chunks joined are the content.
  Step next(Input& input);

  /// Octets of the current chunk not yet taken.
  std::uint64_t remaining_octets() const { return remaining_octets_; }

 private:
  enum class State : std::uint8_t { kLineStart, kInLine, kAfterCr, kFaulted };
  Step end_chunk();
  std::string_view resolve_held(Input& input);
  std::string_view take_text(Input& input);
  std::string_view take(Input& input, std::size_t count);
  void fail(FramingFault fault);

  State state_ = State::kLineStart;
  FramingFault fault_{};
  bool is_last_ = false;
  std::uint64_t remaining_octets_ = 0;
};

/// RFC 3030 §2: a chunk that is refused must still be read. Takes its octets without looking at them.
class ChunkSkipper {
 public:
  explicit ChunkSkipper(std::uint64_t size_octets) : remaining_octets_(size_octets) {}
  /// True when the whole chunk was taken; false when more input is needed.
  bool skip(Input& input);
  std::uint64_t remaining_octets() const { return remaining_octets_; }

 private:
  std::uint64_t remaining_octets_;
};

}  // namespace sealpost::smtp
