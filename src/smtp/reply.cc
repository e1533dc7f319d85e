// Replies in wire form (RFC 5321 §4.2.1, RFC 2034 §4). Never: an octet in a reply that could end its line early.
#include "smtp/reply.h"

#include <iterator>

#include <fmt/format.h>

#include "base/assert.h"

namespace sealpost::smtp {

namespace {

void append_line(std::string& wire, const Reply& reply, std::string_view text, char separator) {
  fmt::format_to(std::back_inserter(wire), "{}{}", reply.code, separator);
  if (!reply.enhanced_code.is_none()) {
    const EnhancedCode& enhanced = reply.enhanced_code;
    fmt::format_to(std::back_inserter(wire), "{}.{}.{} ", enhanced.class_, enhanced.subject, enhanced.detail);
  }
  wire += text;
}

}  // namespace

std::string EnhancedCode::to_string() const { return fmt::format("{}.{}.{}", class_, subject, detail); }

std::string Reply::to_line() const {
  const std::size_t last_break = text.rfind('\n');
  const std::string_view last_line =
      last_break == std::string::npos ? std::string_view(text) : std::string_view(text).substr(last_break + 1);
  std::string line;
  append_line(line, *this, last_line, ' ');
  return line;
}

void Reply::append_to(std::string& wire) const {
  SEALPOST_ASSERT(code >= 200 && code <= 599, "a reply has a code of RFC 5321 §4.2");
  // A CR within a line would let the peer see a second reply (response splitting).
  SEALPOST_ASSERT(text.find('\r') == std::string::npos && text.find('\0') == std::string::npos,
                  "the text of a reply has neither CR nor NUL");
  std::string_view rest = text;
  for (std::size_t end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
    append_line(wire, *this, rest.substr(0, end), '-');
    wire += "\r\n";
    rest.remove_prefix(end + 1);
  }
  append_line(wire, *this, rest, ' ');
  wire += "\r\n";
}

}  // namespace sealpost::smtp
