// Random octets by RAND_bytes.
#include "crypto/random.h"

#include <algorithm>
#include <array>
#include <bit>

#include <openssl/rand.h>

#include "base/assert.h"

namespace sealpost::crypto {

void fill_random(std::span<std::uint8_t> octets) {
  constexpr std::size_t kPieceMax = 1 << 20;  // RAND_bytes counts in int
  while (!octets.empty()) {
    const std::span<std::uint8_t> piece = octets.first(std::min(octets.size(), kPieceMax));
    SEALPOST_ASSERT(RAND_bytes(piece.data(), static_cast<int>(piece.size())) == 1, "the system gives random octets");
    octets = octets.subspan(piece.size());
  }
}

std::uint64_t random_u64() {
  std::array<std::uint8_t, 8> octets{};
  fill_random(octets);
  return std::bit_cast<std::uint64_t>(octets);
}

}  // namespace sealpost::crypto
