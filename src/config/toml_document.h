// A TOML 1.0 text as the two levels that a configuration has: keys, [section]s and [[section]]s, each with its line.
// The parser library is included by toml_document.cc alone. Never: a text above kTextMax, or an exception.
#pragma once
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sealpost::config {

/// No configuration written by people comes near; a mistaken path to a mailbox or a disk image does.
inline constexpr std::size_t kTextMax = 1024 * 1024;

struct TomlPosition {
  std::uint32_t line = 0;    // from 1
  std::uint32_t column = 0;  // from 1
};

/// A value that no parameter takes, by the name TOML has for it: "a table", "a date".
struct TomlOther {
  std::string_view kind;
};

struct TomlValue {
  std::variant<bool, std::int64_t, double, std::string, std::vector<TomlValue>, TomlOther> content;
};

struct TomlEntry {
  std::string key;
  TomlPosition position;
  TomlValue value;
};

struct TomlSection {
  std::string name;       // "" for what stands above the first section
  bool is_array = false;  // [[name]]
  TomlPosition position;
  std::vector<TomlEntry> entries;
};

struct TomlError {
  TomlPosition position;
  std::string text;
};

/// The sections in the order of the file; the nameless one first, always there.
std::expected<std::vector<TomlSection>, TomlError> parse_toml(std::string_view text);

}  // namespace sealpost::config
