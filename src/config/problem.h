// What is wrong with a configuration, each with its place: "sealpost.toml:12: unknown key …". Problems are collected,
// so that one run shows them all.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sealpost::config {

enum class Severity : std::uint8_t { kError, kWarning };

struct Problem {
  Severity severity = Severity::kError;
  std::string file;
  std::uint32_t line = 0;    // from 1; 0 when the whole file is meant
  std::uint32_t column = 0;  // from 1; 0 when the whole line is meant
  std::string text;

  /// "FILE:LINE: text" or "FILE:LINE: warning: text"; without ":LINE" when the whole file is meant.
  std::string to_string() const;
};

class Problems {
 public:
  explicit Problems(std::string file) : file_(std::move(file)) {}

  /// Control characters in `text` are escaped.
  void error(std::uint32_t line, std::string_view text, std::uint32_t column = 0);
  void warning(std::uint32_t line, std::string_view text, std::uint32_t column = 0);
  bool has_errors() const;
  /// In the order of the file.
  std::vector<Problem> take() &&;

 private:
  std::string file_;
  std::vector<Problem> problems_;
};

}  // namespace sealpost::config
