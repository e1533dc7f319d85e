// How many descriptors this process may open: every connection needs one, and the spool, the log and deliveries need
// some beside.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

namespace sealpost::daemon {

/// For everything that is no client connection: tables and segments of the spool, deliveries, listeners.
inline constexpr std::uint64_t kReservedDescriptors = 1024;

/// Raises the soft RLIMIT_NOFILE to what `connections` need, as far as the hard limit goes (root may pass it). A
/// sentence for the operator when that is not enough.
std::optional<std::string> raise_descriptor_limit(std::uint64_t connections);

}  // namespace sealpost::daemon
