// Texts of values: durations ("5m", "1h30m", "5d"), sizes ("50MiB"), and quoted strings that TOML and JSON read alike.
#pragma once
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace sealpost::config {

/// Seconds of "90s", "5m", "1h30m", "4h", "5d", "2w": whole numbers with a unit, larger units first. Nothing for
/// anything else.
std::optional<std::int64_t> parse_duration(std::string_view text);
/// The shortest such text: "1h30m", "0s".
std::string format_duration(std::int64_t seconds);

/// Octets of "512B", "32KiB", "50MiB", "2GiB". Nothing for anything else, "50MB" included: it means two things.
std::optional<std::int64_t> parse_size(std::string_view text);
/// "50MiB" where that is exact, "1000B" otherwise.
std::string format_size(std::int64_t octets);

/// A string literal that is the same in TOML 1.0 and in JSON (RFC 8259 §7). Octets that are not UTF-8 become "?".
std::string string_literal(std::string_view text);

}  // namespace sealpost::config
