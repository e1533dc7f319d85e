// The effective configuration, written by the table.
#include "config/show.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "config/parameter_table.h"
#include "config/value_text.h"

namespace sealpost::config {

namespace {

/// What is not set and has no default: an empty text.
bool is_absent(const Value& value) {
  const auto* text = std::get_if<std::string>(&value);
  return text && text->empty();
}

enum class Notation { kToml, kJson };

std::string number_text(const Parameter& row, std::int64_t number, Notation notation) {
  if (row.type == Type::kChoice) return string_literal(row.choices[static_cast<std::size_t>(number)]);
  if (notation == Notation::kToml && row.type == Type::kSize) return string_literal(format_size(number));
  if (notation == Notation::kToml && (row.type == Type::kDuration || row.type == Type::kDurationList))
    return string_literal(format_duration(number));
  return fmt::format("{}", number);
}

std::string value_text(const Parameter& row, const Value& value, Notation notation) {
  struct Writer {
    const Parameter& row;
    Notation notation;
    std::string operator()(std::int64_t number) const { return number_text(row, number, notation); }
    std::string operator()(bool boolean) const { return boolean ? "true" : "false"; }
    std::string operator()(const std::string& text) const { return string_literal(text); }
    std::string operator()(const Endpoint& endpoint) const { return string_literal(endpoint.to_string()); }
    std::string operator()(const std::vector<std::string>& texts) const {
      std::vector<std::string> literals;
      for (const std::string& text : texts) literals.push_back(string_literal(text));
      return fmt::format("[{}]", fmt::join(literals, ", "));
    }
    std::string operator()(const std::vector<std::int64_t>& numbers) const {
      std::vector<std::string> literals;
      for (const std::int64_t number : numbers) literals.push_back(number_text(row, number, notation));
      return fmt::format("[{}]", fmt::join(literals, ", "));
    }
  };
  return std::visit(Writer{row, notation}, value);
}

/// Whether the key means something here: a Maildir has no port.
bool applies(const Parameter& row, const Configuration& configuration, std::size_t index) {
  if (row.deliver_only.empty()) return true;
  const Parameter& deliver = *find_parameter("route", "deliver");
  return row.deliver_only.contains(deliver.choices[static_cast<std::size_t>(configuration.routes.at(index).deliver)]);
}

std::string toml_line(const Parameter& row, const Configuration& configuration, std::size_t index) {
  const Value value = row.get(configuration, index);
  if (is_absent(value)) return fmt::format("# {} is not set\n", row.key);
  // A password out of password_file shows as the file that it comes from.
  if (row.type == Type::kSecret) return fmt::format("# {} is set, and not shown\n", row.key);
  const bool is_default = !configuration.line_of(row.section, index, row.key);
  return fmt::format("{} = {}{}\n", row.key, value_text(row, value, Notation::kToml), is_default ? "  # default" : "");
}

std::string json_object(const SectionRow& section, const Configuration& configuration, std::size_t index) {
  std::vector<std::string> members;
  for (const Parameter& row : parameters()) {
    if (row.section != section.name || !applies(row, configuration, index)) continue;
    const Value value = row.get(configuration, index);
    members.push_back(
        fmt::format("\"{}\": {}", row.key, is_absent(value) ? "null" : value_text(row, value, Notation::kJson)));
  }
  return fmt::format("{}", fmt::join(members, ", "));
}

}  // namespace

std::string show_toml(const Configuration& configuration) {
  std::string text = fmt::format("# The effective configuration of {}.\n", configuration.file);
  for (const SectionRow& section : sections()) {
    for (std::size_t index = 0; index < section.count(configuration); ++index) {
      if (!section.name.empty())
        text += section.is_array ? fmt::format("\n[[{}]]\n", section.name) : fmt::format("\n[{}]\n", section.name);
      for (const Parameter& row : parameters()) {
        if (row.section == section.name && applies(row, configuration, index))
          text += toml_line(row, configuration, index);
      }
    }
  }
  return text;
}

std::string show_json(const Configuration& configuration) {
  std::vector<std::string> members;
  for (const SectionRow& section : sections()) {
    if (section.is_array) {
      std::vector<std::string> elements;
      for (std::size_t index = 0; index < section.count(configuration); ++index)
        elements.push_back(fmt::format("{{{}}}", json_object(section, configuration, index)));
      members.push_back(fmt::format("\"{}\": [{}]", section.name, fmt::join(elements, ", ")));
    } else {
      const std::string object = json_object(section, configuration, 0);
      members.push_back(section.name.empty() ? object : fmt::format("\"{}\": {{{}}}", section.name, object));
    }
  }
  return fmt::format("{{{}}}\n", fmt::join(members, ",\n "));
}

}  // namespace sealpost::config
