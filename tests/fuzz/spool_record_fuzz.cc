// links: spool
// The decoders of stored records. The first octet says which one; the second whether the octets are given a valid
// checksum, without which no mutation would ever get past it. What decodes must encode to something that decodes to the
// same.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "spool/binary.h"
#include "spool/checksum.h"
#include "spool/record.h"

namespace {

using namespace sealpost;
using namespace sealpost::spool;

constexpr QueueId kId{0x1122334455667788};

void must(bool condition) {
  if (!condition) std::abort();
}

void seal(std::string& value, std::size_t from = 0) {
  const std::uint64_t sum = checksum(std::string_view(value).substr(from), kId.value);
  BinaryWriter(value).number(sum);
}

// A message record around `octets`, its first half as head, the rest as tail.
std::string frame_message(std::string_view octets) {
  const std::string_view head = octets.substr(0, octets.size() - octets.size() / 4);
  std::string value;
  BinaryWriter out(value);
  out.number(std::uint8_t{1});
  out.text(head);
  seal(value);
  const std::size_t from = value.size();
  value += octets.substr(head.size());
  seal(value, from);
  return value;
}

void try_message(std::string_view value) {
  const auto head = decode_head(kId, value);
  const auto record = decode_message(kId, value);
  const auto content = decode_content(kId, value);
  const auto pieces = decode_pieces(kId, value);
  must(!record || head);
  must(!(content && pieces));
  if (!record) return;
  const std::string again =
      encode_message(*record, {head->place, content.value_or(std::string_view{}),
                               pieces ? std::span<const Piece>(*pieces) : std::span<const Piece>{}});
  const auto twice = decode_message(kId, again);
  must(twice.has_value());
  must(encode_message(*twice, {}) == encode_message(*record, {}));
  if (content) must(decode_content(kId, again) == *content);
  if (pieces) must(decode_pieces(kId, again) == *pieces);
}

void try_state(std::string_view value) {
  const auto state = decode_state(kId, value);
  const auto head = decode_state_head(kId, value);
  if (!state) return;
  must(head.has_value());
  must(encode_state(kId, *state) == value || !state->delay_reported);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  if (size < 2) return 0;
  const bool is_sealed = (data[1] & 1) != 0;
  std::string octets(input.substr(2));
  switch (data[0] % 3) {
    case 0:
      try_message(is_sealed ? frame_message(octets) : octets);
      break;
    case 1:
      if (is_sealed) seal(octets);
      try_state(octets);
      break;
    default:
      if (is_sealed && octets.size() >= kApartHeader) {
        const std::string content = octets.substr(kApartHeader);
        seal_apart(kId, octets);
        must(decode_apart(kId, octets) == content);
      } else {
        ignore(decode_apart(kId, octets), "any octets are allowed to fail");
      }
  }
  return 0;
}
