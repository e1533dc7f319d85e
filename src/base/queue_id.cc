// QueueId: base32 text and the growing source.
#include "base/queue_id.h"

#include <algorithm>

namespace sealpost {

namespace {

constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::size_t kLength = 13;
constexpr unsigned kSequenceBits = 14;
constexpr unsigned kNodeBits = 8;
constexpr std::chrono::sys_days kEpoch{std::chrono::year{2020} / 1 / 1};

}  // namespace

std::string QueueId::to_string() const {
  std::string text(kLength, '0');
  std::uint64_t rest = value;
  for (std::size_t i = kLength; i-- > 0; rest >>= 5) text[i] = kAlphabet[rest & 31];
  return text;
}

std::optional<QueueId> QueueId::parse(std::string_view text) {
  if (text.size() != kLength) return std::nullopt;
  QueueId id;
  for (std::size_t i = 0; i < kLength; ++i) {
    const char upper = text[i] >= 'a' && text[i] <= 'z' ? static_cast<char>(text[i] - 'a' + 'A') : text[i];
    const auto digit = kAlphabet.find(upper);
    if (digit == kAlphabet.npos) return std::nullopt;
    if (i == 0 && digit > 15) return std::nullopt;  // 13 × 5 bits are 65: the first digit carries only four
    id.value = id.value << 5 | digit;
  }
  return id;
}

QueueId QueueIdSource::next(WallTime now) {
  const auto since_epoch = std::max<std::int64_t>((now - kEpoch).count(), 0);
  const std::uint64_t by_clock = static_cast<std::uint64_t>(since_epoch) << (kNodeBits + kSequenceBits);
  const std::uint64_t node_mask = ((std::uint64_t{1} << kNodeBits) - 1) << kSequenceBits;
  // The sequence runs over into the time field when one millisecond is not enough; the node field in between is put
  // back.
  std::uint64_t candidate = std::max(by_clock, last_ + 1);
  if ((candidate & node_mask) >> kSequenceBits != node_) {
    const std::uint64_t time_part = candidate >> (kNodeBits + kSequenceBits);
    candidate = time_part << (kNodeBits + kSequenceBits) | std::uint64_t{node_} << kSequenceBits;
    if (candidate <= last_) candidate += std::uint64_t{1} << (kNodeBits + kSequenceBits);
  }
  last_ = candidate;
  return {candidate};
}

}  // namespace sealpost
