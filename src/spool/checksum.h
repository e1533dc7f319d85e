// The checksum of everything that the spool stores: XXH3-64, seeded where a record belongs to one message. It finds
// accidents of media and memory; it is no protection against somebody who writes into the spool's directory.
#pragma once
#include <cstdint>
#include <string_view>

#include <xxhash.h>

namespace sealpost::spool {

inline std::uint64_t checksum(std::string_view octets, std::uint64_t seed = 0) {
  return XXH3_64bits_withSeed(octets.data(), octets.size(), seed);
}

}  // namespace sealpost::spool
