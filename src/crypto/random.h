// Random octets from the operating system through libcrypto, fit for keys. There is no other source of randomness in
// Sealpost.
#pragma once
#include <cstdint>
#include <span>

namespace sealpost::crypto {

/// Fills `octets`. A machine without randomness cannot keep a secret, so a failure ends the process.
void fill_random(std::span<std::uint8_t> octets);
std::uint64_t random_u64();

}  // namespace sealpost::crypto
