// Replies (RFC 5321 §4.2, RFC 3463): a code, an enhanced code, one or more lines of text. Server texts come from the
// catalogue in reply_catalogue.h, never from the place that refuses.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace sealpost::smtp {

/// RFC 3463 `class.subject.detail`; class 0 means "none": greetings, 354, 334 and EHLO lines carry no enhanced code.
struct EnhancedCode {
  std::uint8_t class_ = 0;
  std::uint16_t subject = 0;
  std::uint16_t detail = 0;

  constexpr bool is_none() const { return class_ == 0; }
  constexpr bool operator==(const EnhancedCode&) const = default;
  std::string to_string() const;
};

struct Reply {
  std::uint16_t code = 0;  // 200-599
  EnhancedCode enhanced_code;
  std::string text;  // lines separated by '\n', without codes; never contains CR or NUL

  bool is_positive() const { return code >= 200 && code < 400; }
  bool is_transient_failure() const { return code >= 400 && code < 500; }
  bool is_permanent_failure() const { return code >= 500; }
  /// "550 5.1.1 No such user": the last line as it would be sent, without CRLF; for logs and reports.
  std::string to_line() const;
  /// Appends the reply in wire form, CRLF included, "250-" for all lines but the last; the enhanced code on every line.
  void append_to(std::string& wire) const;
  bool operator==(const Reply&) const = default;
};

}  // namespace sealpost::smtp
