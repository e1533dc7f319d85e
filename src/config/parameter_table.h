// The one list of everything that a sealpost.toml may say. Reading, `config show` and docs/configuration.md are driven
// by it; what is not listed is refused.
#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "config/parameter.h"

namespace sealpost::config {

struct SectionRow {
  std::string_view name;  // "" for the keys above the first section
  bool is_array = false;  // [[name]], any number of them
  std::string_view sentence;
  std::size_t (*count)(const Configuration&);  // how many there are
  void (*add)(Configuration&);                 // appends one; only for arrays
};

std::span<const SectionRow> sections();
/// In the order in which they are shown: all rows of a section stand together.
std::span<const Parameter> parameters();

const SectionRow* find_section(std::string_view name);
const Parameter* find_parameter(std::string_view section, std::string_view key);

/// "limits.errors_max", "hostname".
std::string full_name(std::string_view section, std::string_view key);

/// What may have been meant by an unknown key: ` (did you mean "errors_max"?)`, ` ("errors_max" belongs to [limits])`,
/// or nothing.
std::string suggest_key(std::string_view section, std::string_view key);
std::string suggest_section(std::string_view name);

}  // namespace sealpost::config
