// Texts of values: durations, sizes, quoted strings.
#include "config/value_text.h"

#include <array>
#include <charconv>
#include <limits>

#include <fmt/format.h>

#include "base/utf8.h"

namespace sealpost::config {

namespace {

struct Unit {
  std::string_view name;
  std::int64_t factor;
};
constexpr std::array<Unit, 5> kDurationUnits = {{{"w", 604'800}, {"d", 86'400}, {"h", 3600}, {"m", 60}, {"s", 1}}};
constexpr std::array<Unit, 4> kSizeUnits = {{{"GiB", 1LL << 30}, {"MiB", 1LL << 20}, {"KiB", 1LL << 10}, {"B", 1}}};

/// Takes a whole number from the front of `text`.
std::optional<std::int64_t> take_number(std::string_view& text) {
  if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

bool may_multiply(std::int64_t number, std::int64_t factor) {
  return number <= std::numeric_limits<std::int64_t>::max() / factor;
}

}  // namespace

std::optional<std::int64_t> parse_duration(std::string_view text) {
  std::int64_t seconds = 0;
  std::size_t next_unit = 0;
  do {
    const std::optional<std::int64_t> number = take_number(text);
    if (!number || text.empty()) return std::nullopt;
    while (next_unit < kDurationUnits.size() && !text.starts_with(kDurationUnits.at(next_unit).name)) ++next_unit;
    if (next_unit == kDurationUnits.size()) return std::nullopt;
    const Unit& unit = kDurationUnits.at(next_unit++);
    if (!may_multiply(*number, unit.factor)) return std::nullopt;
    if (__builtin_add_overflow(seconds, *number * unit.factor, &seconds)) return std::nullopt;
    text.remove_prefix(unit.name.size());
  } while (!text.empty());
  return seconds;
}

std::string format_duration(std::int64_t seconds) {
  if (seconds == 0) return "0s";
  std::string text;
  // Weeks are read but not written: nobody calls an expiry of 14 days "2w".
  for (const Unit& unit : kDurationUnits) {
    if (unit.name == "w" || seconds < unit.factor) continue;
    fmt::format_to(std::back_inserter(text), "{}{}", seconds / unit.factor, unit.name);
    seconds %= unit.factor;
  }
  return text;
}

std::optional<std::int64_t> parse_size(std::string_view text) {
  const std::optional<std::int64_t> number = take_number(text);
  if (!number) return std::nullopt;
  for (const Unit& unit : kSizeUnits) {
    if (text == unit.name)
      return may_multiply(*number, unit.factor) ? std::optional(*number * unit.factor) : std::nullopt;
  }
  return std::nullopt;
}

std::string format_size(std::int64_t octets) {
  for (const Unit& unit : kSizeUnits) {
    if (octets >= unit.factor && octets % unit.factor == 0) return fmt::format("{}{}", octets / unit.factor, unit.name);
  }
  return "0B";
}

std::string string_literal(std::string_view text) {
  const bool is_text = is_utf8(text);
  std::string literal = "\"";
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      literal.append({'\\', c});
    } else if (octet < 0x20 || octet == 0x7F) {
      // TOML 1.0 "String": control characters other than tab, and DEL, have to be escaped; \uXXXX is the form that JSON
      // has too.
      fmt::format_to(std::back_inserter(literal), "\\u{:04X}", octet);
    } else {
      literal.push_back(octet >= 0x80 && !is_text ? '?' : c);
    }
  }
  literal.push_back('"');
  return literal;
}

}  // namespace sealpost::config
