// Problems of a configuration: collecting and wording.
#include "config/problem.h"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

namespace sealpost::config {

namespace {

/// The parser quotes what it found, line ends and terminal escapes included; a problem is one harmless line.
std::string one_line(std::string_view text) {
  std::string line;
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if (octet < 0x20 || octet == 0x7F)
      fmt::format_to(std::back_inserter(line), "\\u{:04X}", octet);
    else
      line.push_back(c);
  }
  return line;
}

}  // namespace

std::string Problem::to_string() const {
  const std::string_view mark = severity == Severity::kWarning ? "warning: " : "";
  return line == 0 ? fmt::format("{}: {}{}", file, mark, text) : fmt::format("{}:{}: {}{}", file, line, mark, text);
}

void Problems::error(std::uint32_t line, std::string_view text, std::uint32_t column) {
  problems_.push_back({Severity::kError, file_, line, column, one_line(text)});
}

void Problems::warning(std::uint32_t line, std::string_view text, std::uint32_t column) {
  problems_.push_back({Severity::kWarning, file_, line, column, one_line(text)});
}

bool Problems::has_errors() const {
  return std::ranges::any_of(problems_, [](const Problem& p) { return p.severity == Severity::kError; });
}

std::vector<Problem> Problems::take() && {
  std::ranges::sort(problems_, {}, [](const Problem& p) { return std::tie(p.line, p.column, p.severity, p.text); });
  return std::move(problems_);
}

}  // namespace sealpost::config
