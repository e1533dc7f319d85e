// Message-ID values for content that came without one (RFC 5322 §3.6.4, RFC 6409 §8.3) and for our own reports.
// Never: a value taken from the client, or randomness of its own; the caller hands it the bits.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "base/clock.h"

namespace sealpost::message {

/// "<4f1c9a0e5b7d2c38.1795455780123@mail.example.com>": 64 random bits and the milliseconds of `time`, unique without
/// any memory. `hostname` is a domain name or an address literal.
inline std::string make_message_id(std::uint64_t random_bits, WallTime time, std::string_view hostname) {
  return fmt::format("<{:016x}.{}@{}>", random_bits, time.time_since_epoch().count(), hostname);
}

}  // namespace sealpost::message
