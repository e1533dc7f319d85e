// Cutting, cleaning and folding.
#include "dsn/report_lines.h"

#include <algorithm>

#include "smtp/reply_reader.h"

namespace sealpost::dsn {

namespace {

constexpr std::size_t kLineWidth = 76;
constexpr std::size_t kFieldWordMax = 900;  // longer than any address; keeps a field's lines below 998 octets

/// The longest beginning of `text` of at most `size_max` octets that ends with a whole character.
std::string_view whole_characters(std::string_view text, std::size_t size_max) {
  if (text.size() <= size_max) return text;
  std::size_t size = size_max;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) --size;
  return text.substr(0, size > 0 ? size : size_max);
}

/// Writes `text` word by word; a new line starts with `continuation` where the next word would make the line longer
/// than `width`.
std::string fill(std::string_view text, std::string_view first, std::string_view continuation, std::size_t word_max) {
  std::string result(first);
  std::size_t line_size = first.size();
  bool is_line_empty = true;
  while (!text.empty()) {
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    if (text.empty()) break;
    const std::string_view word = whole_characters(text.substr(0, text.find(' ')), word_max);
    text.remove_prefix(word.size());
    if (!is_line_empty && line_size + 1 + word.size() > kLineWidth) {
      result.append("\r\n").append(continuation);
      line_size = continuation.size();
      is_line_empty = true;
    }
    if (!is_line_empty) result += ' ';
    line_size += word.size() + (is_line_empty ? 0 : 1);
    result += word;
    is_line_empty = false;
  }
  return result.append("\r\n");
}

}  // namespace

std::string one_line(std::string_view text, Text kind, std::size_t size_max) {
  std::string line(text);
  std::ranges::replace_if(line, [](char c) { return c == '\r' || c == '\n'; }, ' ');
  line = smtp::printable(line);
  if (kind == Text::kAscii)
    std::ranges::replace_if(line, [](char c) { return static_cast<unsigned char>(c) >= 0x80; }, '?');
  return std::string(whole_characters(line, size_max));
}

std::string field(std::string_view name, std::string_view body) {
  // The first word stays on the line of the name: a folded line of nothing but white space is obsolete syntax (RFC 5322
  // §4.2).
  // One space: unfolding gives the words back as they were.
  return fill(body, std::string(name) + ": ", " ", kFieldWordMax);
}

std::string wrap(std::string_view text, std::string_view indentation) {
  return fill(text, indentation, indentation, kLineWidth - indentation.size());
}

}  // namespace sealpost::dsn
