// Escaping first, then the two line formats on top of it. Appends to the caller's buffer; allocates nothing of its own.
#include "observe/line_format.h"

#include <array>
#include <cmath>
#include <cstdint>
#include <iterator>

#include <fmt/format.h>

#include "base/utf8.h"

namespace sealpost::observe {

namespace {

enum class Escaping : std::uint8_t { kLogfmt, kJson };

/// The length of the UTF-8 sequence that starts at `at`, or 0 when there is none.
std::size_t sequence_length(std::string_view text, std::size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (at + length > text.size() || !is_utf8(text.substr(at, length))) return 0;
  return length;
}

char32_t decode(std::string_view sequence) {
  static constexpr std::array<unsigned, 5> kLeadBits = {0, 0x7F, 0x1F, 0x0F, 0x07};
  char32_t code_point = static_cast<unsigned char>(sequence[0]) & kLeadBits.at(sequence.size());
  for (const char c : sequence.substr(1)) code_point = (code_point << 6) | (static_cast<unsigned char>(c) & 0x3FU);
  return code_point;
}

/// Characters that are valid UTF-8 and still must not reach a terminal or a log viewer as they are.
bool is_dangerous(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c <= 0x9F)  // C0, DEL and C1: U+009B starts an escape sequence on its own
         || c == 0x2028 || c == 0x2029         // line and paragraph separator
         || (c >= 0x200E && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069)  // direction
         || c == 0xFEFF;
}

void append_escape(std::string& out, char32_t c) {
  switch (c) {
    case '\n':
      out.append("\\n");
      return;
    case '\r':
      out.append("\\r");
      return;
    case '\t':
      out.append("\\t");
      return;
    default:
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<std::uint32_t>(c));
  }
}

void append_escaped(std::string& out, std::string_view text, std::size_t octets_max, Escaping escaping) {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t length = sequence_length(text, at);
    if (at + (length == 0 ? 1 : length) > octets_max) {
      out.append("…");
      return;
    }
    const auto octet = static_cast<unsigned char>(text[at]);
    if (length == 0) {
      // JSON text is UTF-8 (RFC 8259 §8.1), so there the octet itself cannot be told; logfmt shows it.
      if (escaping == Escaping::kJson) {
        out.append("\\ufffd");
      } else {
        fmt::format_to(std::back_inserter(out), "\\x{:02x}", octet);
      }
      at += 1;
      continue;
    }
    const std::string_view sequence = text.substr(at, length);
    const char32_t c = decode(sequence);
    if (c == '"' || c == '\\') {
      out.append(1, '\\').append(sequence);
    } else if (is_dangerous(c)) {
      append_escape(out, c);
    } else {
      out.append(sequence);
    }
    at += length;
  }
}

/// Logfmt values of these characters need no quotes.
bool is_bare(std::string_view value) {
  if (value.empty() || value.size() > kValueOctetsMax) return false;
  for (const char c : value) {
    if (c <= ' ' || c > '~' || c == '"' || c == '=' || c == '\\') return false;
  }
  return true;
}

void append_text(std::string& out, std::string_view text, LogFormat format) {
  if (format == LogFormat::kLogfmt && is_bare(text)) {
    out.append(text);
    return;
  }
  out.push_back('"');
  append_escaped(out, text, kValueOctetsMax, format == LogFormat::kJson ? Escaping::kJson : Escaping::kLogfmt);
  out.push_back('"');
}

void append_value(std::string& out, const Field::Value& value, LogFormat format) {
  if (const auto* text = std::get_if<std::string_view>(&value)) {
    append_text(out, *text, format);
  } else if (const auto* truth = std::get_if<bool>(&value)) {
    out.append(*truth ? "true" : "false");
  } else if (const auto* number = std::get_if<std::int64_t>(&value)) {
    fmt::format_to(std::back_inserter(out), "{}", *number);
  } else if (const auto* count = std::get_if<std::uint64_t>(&value)) {
    fmt::format_to(std::back_inserter(out), "{}", *count);
  } else if (const auto* real = std::get_if<double>(&value)) {
    // RFC 8259 §6: JSON has no infinity and no NaN.
    if (format == LogFormat::kJson && !std::isfinite(*real)) {
      out.append("null");
    } else {
      fmt::format_to(std::back_inserter(out), "{}", *real);
    }
  }
}

/// The calendar part changes once a second; formatting it for every line would cost more than the rest of the line.
void append_time(std::string& out, WallTime time) {
  thread_local WallTime cached_second{std::chrono::milliseconds(-1)};
  thread_local std::string cached_text;
  const WallTime second = std::chrono::floor<std::chrono::seconds>(time);
  if (second != cached_second) {
    cached_text = format_rfc3339(second);
    cached_text.resize(cached_text.size() - std::string_view("000Z").size());
    cached_second = second;
  }
  fmt::format_to(std::back_inserter(out), "{}{:03}Z", cached_text, (time - second).count());
}

}  // namespace

std::string_view name_of(Level level) {
  static constexpr std::array<std::string_view, 4> kNames = {"debug", "info", "warning", "error"};
  return kNames.at(static_cast<std::size_t>(level));
}

void append_line(std::string& out, LogFormat format, WallTime time, Level level, std::string_view event,
                 std::span<const Field> fields) {
  const bool is_json = format == LogFormat::kJson;
  out.append(is_json ? R"({"time":")" : "time=");
  append_time(out, time);
  out.append(is_json ? R"(","level":")" : " level=").append(name_of(level));
  out.append(is_json ? R"(","event":)" : " event=");
  append_text(out, event, format);
  for (const Field& field : fields) {
    if (is_json) {
      out.append(R"(,")");
      append_escaped(out, field.key, kValueOctetsMax, Escaping::kJson);
      out.append(R"(":)");
    } else {
      out.append(1, ' ').append(field.key).append(1, '=');
    }
    append_value(out, field.value, format);
  }
  out.append(is_json ? "}\n" : "\n");
}

void append_quoted(std::string& out, std::string_view text, std::size_t octets_max) {
  out.push_back('"');
  append_escaped(out, text, octets_max, Escaping::kLogfmt);
  out.push_back('"');
}

std::string quoted(std::string_view text, std::size_t octets_max) {
  std::string out;
  append_quoted(out, text, octets_max);
  return out;
}

}  // namespace sealpost::observe
