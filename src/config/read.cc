// Reading by the table: each entry of the document finds its row, is converted to the row's type, and set.
#include "config/read.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "config/parameter_table.h"
#include "config/toml_document.h"
#include "config/value_text.h"

namespace sealpost::config {

namespace {

using Converted = std::expected<Value, std::string>;  // or what was expected, in words

std::string kind_of(const TomlValue& value) {
  struct Namer {
    std::string operator()(bool b) const { return b ? "true" : "false"; }
    std::string operator()(std::int64_t i) const { return fmt::format("{}", i); }
    std::string operator()(double) const { return "a number with a fraction"; }
    std::string operator()(const std::string& s) const { return s.size() <= 60 ? string_literal(s) : "a long text"; }
    std::string operator()(const std::vector<TomlValue>&) const { return "a list"; }
    std::string operator()(TomlOther other) const { return std::string(other.kind); }
  };
  return std::visit(Namer{}, value.content);
}

std::string format_number(const Parameter& row, std::int64_t number) {
  switch (row.type) {
    case Type::kSize:
      return format_size(number);
    case Type::kDuration:
    case Type::kDurationList:
      return format_duration(number);
    default:
      return fmt::format("{}", number);
  }
}

std::string_view expectation(Type type) {
  switch (type) {
    case Type::kText:
    case Type::kSecret:
      return "a text in quotes without control characters";
    case Type::kPath:
      return "the path of a file, in quotes";
    case Type::kTextList:
      return R"(a list of texts, such as ["example.com"])";
    case Type::kBoolean:
      return "true or false";
    case Type::kCount:
      return "a whole number";
    case Type::kSize:
      return R"(a size such as "50MiB", or a number of octets)";
    case Type::kDuration:
      return R"(a duration such as "5m", "4h" or "5d", or a number of seconds)";
    case Type::kDurationList:
      return R"(a list of durations, such as ["5m", "1h"])";
    case Type::kChoice:
      return "one of its words";
    case Type::kEndpoint:
      return R"(a numeric address and a port, such as "127.0.0.1:465" or "[::1]:465")";
  }
  return "something else";
}

bool has_control_characters(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

/// A text that may go into a path, a header or a log line; empty texts are refused, they are never what was meant.
const std::string* as_text(const TomlValue& value) {
  const auto* text = std::get_if<std::string>(&value.content);
  return text && !text->empty() && !has_control_characters(*text) ? text : nullptr;
}

std::optional<std::int64_t> as_number(const Parameter& row, const TomlValue& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value.content)) return *integer;
  const auto* text = std::get_if<std::string>(&value.content);
  if (!text) return std::nullopt;
  if (row.type == Type::kSize) return parse_size(*text);
  if (row.type == Type::kDuration || row.type == Type::kDurationList) return parse_duration(*text);
  return std::nullopt;
}

Converted convert_number(const Parameter& row, const TomlValue& value) {
  const std::optional<std::int64_t> number = as_number(row, value);
  if (!number) return std::unexpected(std::string(expectation(row.type)));
  if (*number < row.minimum || *number > row.maximum)
    return std::unexpected(
        fmt::format("at least {} and at most {}", format_number(row, row.minimum), format_number(row, row.maximum)));
  return *number;
}

Converted convert_list(const Parameter& row, const std::vector<TomlValue>& elements) {
  std::vector<std::string> texts;
  std::vector<std::int64_t> numbers;
  for (const TomlValue& element : elements) {
    if (row.type == Type::kDurationList) {
      const Converted number = convert_number(row, element);
      if (!number) return std::unexpected(fmt::format("of each element {}", number.error()));
      numbers.push_back(std::get<std::int64_t>(*number));
    } else if (const std::string* text = as_text(element)) {
      texts.push_back(*text);
    } else {
      return std::unexpected(std::string(expectation(row.type)));
    }
  }
  if (row.type == Type::kDurationList) return numbers;
  return texts;
}

Converted convert(const Parameter& row, const TomlValue& value, const std::filesystem::path& directory) {
  const std::unexpected<std::string> wrong{std::string(expectation(row.type))};
  switch (row.type) {
    case Type::kText:
    case Type::kSecret:
      if (const std::string* text = as_text(value)) return *text;
      return wrong;
    case Type::kPath:
      if (const std::string* text = as_text(value)) return (directory / *text).lexically_normal().string();
      return wrong;
    case Type::kBoolean:
      if (const bool* boolean = std::get_if<bool>(&value.content)) return *boolean;
      return wrong;
    case Type::kCount:
    case Type::kSize:
    case Type::kDuration:
      return convert_number(row, value);
    case Type::kTextList:
    case Type::kDurationList:
      if (const auto* elements = std::get_if<std::vector<TomlValue>>(&value.content))
        return convert_list(row, *elements);
      return wrong;
    case Type::kChoice: {
      const auto* word = std::get_if<std::string>(&value.content);
      const auto found = word ? std::ranges::find(row.choices, *word) : row.choices.end();
      if (found == row.choices.end())
        return std::unexpected(fmt::format("one of \"{}\"", fmt::join(row.choices, "\", \"")));
      return std::int64_t{found - row.choices.begin()};
    }
    case Type::kEndpoint:
      if (const std::string* text = as_text(value)) {
        if (std::optional<Endpoint> endpoint = Endpoint::parse(*text)) return std::move(*endpoint);
      }
      return wrong;
  }
  return wrong;
}

void read_section(const TomlSection& section, std::size_t index, Configuration& configuration, Problems& problems) {
  const std::filesystem::path directory = std::filesystem::path(configuration.file).parent_path();
  configuration.origins.push_back({section.name, index, "", section.position.line});
  for (const TomlEntry& entry : section.entries) {
    const auto [line, column] = entry.position;
    const Parameter* row = find_parameter(section.name, entry.key);
    if (!row) {
      problems.error(line,
                     fmt::format("unknown key {}{}", string_literal(full_name(section.name, entry.key)),
                                 suggest_key(section.name, entry.key)),
                     column);
      continue;
    }
    Converted value = convert(*row, entry.value, directory);
    // The value of a secret stays out of every message.
    const std::string written = row->type == Type::kSecret ? "this" : kind_of(entry.value);
    configuration.origins.push_back({section.name, index, entry.key, line});
    if (value)
      row->set(configuration, index, std::move(*value));
    else
      problems.error(line, fmt::format("{} is {}, not {}", full_name(section.name, entry.key), value.error(), written),
                     column);
  }
  for (const Parameter& row : parameters()) {
    if (!row.is_required || row.section != section.name || configuration.line_of(section.name, index, row.key))
      continue;
    problems.error(section.position.line, fmt::format("{} is missing", full_name(row.section, row.key)));
  }
}

/// A key of the top level that carries the name of a section: `listener = 1`, `limits = []`.
bool refuse_misshapen_section(const TomlEntry& entry, Problems& problems) {
  const SectionRow* row = find_section(entry.key);
  if (!row) return false;
  problems.error(entry.position.line,
                 row->is_array ? fmt::format("{0} is written as one or more sections: [[{0}]]", row->name)
                               : fmt::format("{0} is written as a section: [{0}]", row->name),
                 entry.position.column);
  return true;
}

void lower_case(std::vector<std::string>& texts) {
  for (std::string& text : texts)
    std::ranges::transform(text, text.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
}

/// Fills in the defaults that depend on other values.
void complete(Configuration& configuration) {
  if (configuration.users.database.empty())
    configuration.users.database = (std::filesystem::path(configuration.data_directory) / "users.db").string();
  for (Listener& listener : configuration.listeners) {
    if (!listener.name.empty()) continue;
    const Parameter* service = find_parameter("listener", "service");
    listener.name = fmt::format("{}@{}", service->choices[static_cast<std::size_t>(listener.service)],
                                listener.address.to_string());
  }
  for (std::size_t i = 0; i < configuration.routes.size(); ++i) {
    Route& route = configuration.routes.at(i);
    lower_case(route.domains);
    // A local delivery server offers no STARTTLS, so asking it is not the default.
    if (route.deliver == Deliver::kLmtp && !configuration.line_of("route", i, "tls")) route.tls = RouteTls::kNone;
    if (route.port != 0) continue;
    // RFC 2033 leaves the port of LMTP open (and forbids 25); 24 is what servers use.
    if (route.deliver == Deliver::kLmtp)
      route.port = 24;
    else
      route.port = route.tls == RouteTls::kImplicit ? 465 : 25;
  }
  lower_case(configuration.local_domains);
}

}  // namespace

Configuration read_text(std::string_view text, const std::string& file, Problems& problems) {
  Configuration configuration;
  configuration.file = file;
  auto document = parse_toml(text);
  if (!document) {
    problems.error(document.error().position.line, document.error().text, document.error().position.column);
    return configuration;
  }

  TomlSection& top = document->front();
  std::erase_if(top.entries, [&](const TomlEntry& entry) { return refuse_misshapen_section(entry, problems); });
  std::map<std::string, std::size_t> counts;
  for (const TomlSection& section : *document) {
    const SectionRow* row = find_section(section.name);
    const bool is_unknown = !row || (section.name.empty() && &section != &top);
    if (is_unknown) {
      problems.error(section.position.line,
                     fmt::format("unknown section {}{}", string_literal(section.name), suggest_section(section.name)),
                     section.position.column);
    } else if (row->is_array != section.is_array) {
      problems.error(section.position.line,
                     row->is_array ? fmt::format("write [[{0}]], not [{0}]: there may be several", section.name)
                                   : fmt::format("write [{0}], not [[{0}]]: there is only one", section.name),
                     section.position.column);
    } else {
      if (row->add) row->add(configuration);
      read_section(section, counts[section.name]++, configuration, problems);
    }
  }
  complete(configuration);
  return configuration;
}

}  // namespace sealpost::config
