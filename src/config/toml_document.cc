// TOML 1.0 by toml++, turned into plain sections and entries. The only file that includes the library: it takes seconds
// to compile.
#include "config/toml_document.h"

#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#define TOML_ENABLE_WINDOWS_COMPAT 0
#include <algorithm>

#include <fmt/format.h>
#include <toml++/toml.h>

namespace sealpost::config {

namespace {

TomlPosition position_of(const toml::source_region& region) { return {region.begin.line, region.begin.column}; }

TomlValue convert(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::boolean:
      return {node.as_boolean()->get()};
    case toml::node_type::integer:
      return {node.as_integer()->get()};
    case toml::node_type::floating_point:
      return {node.as_floating_point()->get()};
    case toml::node_type::string:
      return {node.as_string()->get()};
    case toml::node_type::table:
      return {TomlOther{"a table"}};
    case toml::node_type::array: {
      std::vector<TomlValue> elements;
      // One level is all that a parameter takes, so the depth of the recursion is two whatever the file says.
      for (const toml::node& element : *node.as_array())
        elements.push_back(element.is_array() ? TomlValue{TomlOther{"a list"}} : convert(element));
      return {std::move(elements)};
    }
    case toml::node_type::none:
    case toml::node_type::date:
    case toml::node_type::time:
    case toml::node_type::date_time:
      break;
  }
  return {TomlOther{"a date or time"}};
}

TomlSection convert_section(std::string_view name, bool is_array, const toml::table& table) {
  TomlSection section{std::string(name), is_array, position_of(table.source()), {}};
  for (const auto& [key, node] : table)
    section.entries.push_back({std::string(key.str()), position_of(key.source()), convert(node)});
  return section;
}

}  // namespace

std::expected<std::vector<TomlSection>, TomlError> parse_toml(std::string_view text) {
  if (text.size() > kTextMax)
    return std::unexpected(TomlError{{}, fmt::format("is larger than {} octets; is this the right file?", kTextMax)});
  const toml::parse_result parsed = toml::parse(text);
  if (!parsed) {
    const toml::parse_error& error = parsed.error();
    return std::unexpected(TomlError{position_of(error.source()), std::string(error.description())});
  }

  std::vector<TomlSection> sections(1);
  sections.front().position = {1, 1};
  for (const auto& [key, node] : parsed.table()) {
    if (const toml::table* table = node.as_table()) {
      sections.push_back(convert_section(key.str(), false, *table));
    } else if (const toml::array* array = node.as_array();
               array && !array->empty() && array->is_homogeneous<toml::table>()) {
      for (const toml::node& element : *array)
        sections.push_back(convert_section(key.str(), true, *element.as_table()));
    } else {
      sections.front().entries.push_back({std::string(key.str()), position_of(key.source()), convert(node)});
    }
  }
  const auto place = [](const auto& item) { return std::pair(item.position.line, item.position.column); };
  for (TomlSection& section : sections) std::ranges::sort(section.entries, {}, place);
  std::ranges::sort(sections.begin() + 1, sections.end(), {}, place);
  return sections;
}

}  // namespace sealpost::config
