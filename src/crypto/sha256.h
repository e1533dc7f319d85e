// SHA-256 (FIPS 180-4) of a whole text.
#pragma once
#include <array>
#include <cstdint>
#include <string_view>

namespace sealpost::crypto {

using Sha256Digest = std::array<std::uint8_t, 32>;

Sha256Digest sha256(std::string_view octets);

}  // namespace sealpost::crypto
