// The reference page.
#include "config/reference.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "config/parameter_table.h"
#include "config/value_text.h"

namespace sealpost::config {

namespace {

constexpr std::string_view kMinimalExample = R"(hostname = "mail.example.com"
data_directory = "data"              # relative paths are relative to this file

[tls]
certificate = "tls/cert.pem"         # chain, leaf first
private_key = "tls/key.pem"

[[listener]]
service = "submissions"              # implicit TLS, RFC 8314 (465)
address = "127.0.0.1:4465"

[[listener]]
service = "submission"               # STARTTLS, RFC 6409 (587)
address = "127.0.0.1:4587"

[[route]]                            # first match wins
domains = ["*"]
deliver = "smtp"                     # a fixed host
host = "127.0.0.1"
port = 2525
tls = "none"                         # "none" | "opportunistic" | "required" | "implicit"
)";

constexpr std::string_view kIntroduction = R"(# Configuration

<!-- Written from src/config/parameter_table.cc; a test compares. To write it again:
     SEALPOST_WRITE_REFERENCE=1 config_test --gtest_filter='Reference.*' -->

Sealpost reads one TOML file, `/etc/sealpost/sealpost.toml` unless `--config` names another. What the tables below do not list is
refused: an unknown key, a wrong type or a missing file is an error at start, with the file and the line.
`sealpost config check` finds all problems at once, `sealpost config show` prints every value in effect.

- Paths are relative to the directory of the file.
- Durations are texts such as `"90s"`, `"5m"`, `"1h30m"`, `"4h"`, `"5d"`, `"2w"`, or a number of seconds.
- Sizes are texts such as `"32KiB"`, `"50MiB"`, `"2GiB"`, or a number of octets.

The smallest file that runs:

```toml
{}```
)";

std::string number(const Parameter& row, std::int64_t value) {
  if (row.type == Type::kSize) return format_size(value);
  if (row.type == Type::kDuration || row.type == Type::kDurationList) return format_duration(value);
  return fmt::format("{}", value);
}

std::string type_text(const Parameter& row) {
  switch (row.type) {
    case Type::kText:
      return "text";
    case Type::kTextList:
      return "list of texts";
    case Type::kPath:
      return "path";
    case Type::kSecret:
      return "text, never shown";
    case Type::kBoolean:
      return "`true`, `false`";
    case Type::kCount:
      return fmt::format("number, {} to {}", row.minimum, row.maximum);
    case Type::kSize:
      return fmt::format("size, {} to {}", number(row, row.minimum), number(row, row.maximum));
    case Type::kDuration:
      return fmt::format("duration, {} to {}", number(row, row.minimum), number(row, row.maximum));
    case Type::kDurationList:
      return fmt::format("list of durations, {} to {}", number(row, row.minimum), number(row, row.maximum));
    case Type::kChoice:
      return fmt::format("`{}`", fmt::join(row.choices, "`, `"));
    case Type::kEndpoint:
      return "address and port";
  }
  return {};
}

std::string default_text(const Parameter& row, const Configuration& defaults) {
  if (row.is_required) return "required";
  if (!row.computed_default.empty()) return std::string(row.computed_default);
  struct Writer {
    const Parameter& row;
    std::string operator()(std::int64_t value) const {
      return fmt::format("`{}`", row.type == Type::kChoice ? std::string(row.choices[static_cast<std::size_t>(value)])
                                                           : number(row, value));
    }
    std::string operator()(bool value) const { return value ? "`true`" : "`false`"; }
    std::string operator()(const std::string& value) const {
      return value.empty() ? "none" : fmt::format("`{}`", value);
    }
    std::string operator()(const std::vector<std::string>&) const { return "none"; }
    std::string operator()(const std::vector<std::int64_t>& values) const {
      std::vector<std::string> texts;
      for (const std::int64_t value : values) texts.push_back(number(row, value));
      return fmt::format("`{}`", fmt::join(texts, "`, `"));
    }
    std::string operator()(const Endpoint&) const { return "none"; }
  };
  return std::visit(Writer{row}, row.get(defaults, 0));
}

std::string meaning(const Parameter& row) {
  if (row.deliver_only.empty()) return std::string(row.sentence);
  std::string only = fmt::format("`{}`", row.deliver_only);
  if (const std::size_t comma = only.find(','); comma != std::string::npos) only.replace(comma, 1, "`, `");
  return fmt::format("{} Only for {}.", row.sentence, only);
}

}  // namespace

std::string_view minimal_example() { return kMinimalExample; }

std::string reference_page() {
  Configuration defaults;
  std::string page = fmt::format(kIntroduction, kMinimalExample);
  for (const SectionRow& section : sections()) {
    if (section.add) section.add(defaults);
    const std::string title = section.name.empty() ? "Top level"
                              : section.is_array   ? fmt::format("[[{}]]", section.name)
                                                   : fmt::format("[{}]", section.name);
    page += fmt::format("\n## {}\n\n{}\n\n| Key | Value | Default | Meaning |\n|---|---|---|---|\n", title,
                        section.sentence);
    for (const Parameter& row : parameters()) {
      if (row.section != section.name) continue;
      page +=
          fmt::format("| `{}` | {} | {} | {} |\n", row.key, type_text(row), default_text(row, defaults), meaning(row));
    }
  }
  return page;
}

}  // namespace sealpost::config
