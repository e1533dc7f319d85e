// The stored form of a message and of its delivery state: versioned, length-prefixed, checksummed with the id as seed.
// Decoders are total: any octets give a value or Fault::kCorruption, never more memory than a small multiple of the
// input. Never: text protocols inside the spool (nothing is escaped, so nothing can be forged by a line end).
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "spool/spool.h"

namespace sealpost::spool {

/// Where the content of a message is: see states.md.
enum class BodyPlace : std::uint8_t {
  kTogether,  // behind the head, in the same record
  kApart,     // in a record of its own
  kSegments,  // in segment files; the list of pieces stands behind the head
};

/// One run of octets in a segment file.
struct Piece {
  std::uint32_t segment = 0;
  std::uint32_t page = 0;    // offset in the file, in units of kPageSize
  std::uint32_t length = 0;  // octets, at most kPieceSize
  std::uint64_t checksum = 0;
  bool operator==(const Piece&) const = default;
};

inline constexpr std::size_t kPageSize = 4096;
inline constexpr std::size_t kPieceSize = 64 * 1024;
/// Contents up to this size stand in the message's own record: one put, one delete. Larger ones stay apart, so that
/// reading all envelopes at start does not read all contents.
inline constexpr std::size_t kTogetherMax = 4096;

/// The content as the message's record carries it; one of the two is used, or none when it is apart.
struct BodyTail {
  BodyPlace place = BodyPlace::kApart;
  std::string_view content;       // kTogether
  std::span<const Piece> pieces;  // kSegments
};

std::string encode_message(const MessageRecord& record, const BodyTail& tail);

/// What the spool itself keeps for each message.
struct MessageHead {
  WallTime arrived;
  Bytes size;
  BodyPlace place = BodyPlace::kApart;
  bool is_rewritten = false;  // the key was written more than once
};
Result<MessageHead> decode_head(QueueId id, std::string_view value);
Result<MessageRecord> decode_message(QueueId id, std::string_view value);
/// A part of `value`; only for BodyPlace::kTogether.
Result<std::string_view> decode_content(QueueId id, std::string_view value);
/// Only for BodyPlace::kSegments.
Result<std::vector<Piece>> decode_pieces(QueueId id, std::string_view value);

/// Contents apart: the writer leaves kApartHeader octets free in front, seal_apart() fills them in.
inline constexpr std::size_t kApartHeader = 9;
void seal_apart(QueueId id, std::string& value);
Result<std::string_view> decode_apart(QueueId id, std::string_view value);

std::string encode_state(QueueId id, const DeliveryState& state);
Result<DeliveryState> decode_state(QueueId id, std::string_view value);
/// Attempts and next attempt alone, for the start; the whole record is checked.
struct StateHead {
  std::uint32_t attempts = 0;
  WallTime next_attempt;
};
Result<StateHead> decode_state_head(QueueId id, std::string_view value);

/// The state of a message that was never attempted.
DeliveryState initial_state(const MessageRecord& record);

}  // namespace sealpost::spool
