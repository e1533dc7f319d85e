// Composing a small message, and line ends.
#include "cli/message_text.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/base64.h"
#include "base/utf8.h"

namespace sealpost::cli {

namespace {

// RFC 2047 §2: an encoded word is at most 75 characters; "=?UTF-8?B?" and "?=" take 12, so 45 octets of text fit. A
// word ends between characters.
std::string encoded_words(std::string_view text) {
  std::string words;
  while (!text.empty()) {
    std::size_t size = std::min<std::size_t>(text.size(), 45);
    while (size < text.size() && size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) --size;
    if (!words.empty()) words.append("\r\n ");
    words.append("=?UTF-8?B?").append(base64_encode(text.substr(0, size))).append("?=");
    text.remove_prefix(size);
  }
  return words;
}

bool is_header_line(std::string_view line) {
  const auto colon = line.find(':');
  if (colon == 0 || colon == line.npos) return false;
  // RFC 5322 §3.6.8: printable US-ASCII without colon.
  const auto is_name = [](char c) { return c > 32 && c < 127; };
  return std::ranges::all_of(line.substr(0, colon), is_name) && line.find_first_of("\r\n") == line.npos;
}

}  // namespace

bool has_8bit(std::string_view text) { return !is_ascii(text); }

Result<std::string> compose(const MessageParts& parts) {
  std::string text = fmt::format("From: {}\r\nTo: {}\r\n", parts.from, fmt::join(parts.to, ",\r\n\t"));
  text += fmt::format("Subject: {}\r\n", is_ascii(parts.subject) ? parts.subject : encoded_words(parts.subject));
  for (const auto& header : parts.headers) {
    if (!is_header_line(header))
      return fail(Fault::kConfiguration, fmt::format("--header \"{}\" is not of the form Name: value", header));
    text.append(header).append("\r\n");
  }
  if (has_8bit(parts.body))
    text += "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n";
  auto body = with_crlf(parts.body);
  if (!body) return body;
  return text.append("\r\n").append(*body);
}

Result<std::string> with_crlf(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 32 + 2);
  std::size_t line = 1;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\0')
      return fail(Fault::kConfiguration, fmt::format("line {} contains a NUL, which mail cannot carry", line));
    if (c == '\r' && (i + 1 == text.size() || text[i + 1] != '\n'))
      return fail(Fault::kConfiguration,
                  fmt::format("line {} contains a CR without LF, which SMTP forbids (RFC 5321 §2.3.8)", line));
    if (c == '\n') {
      if (i == 0 || text[i - 1] != '\r') out.push_back('\r');
      ++line;
    }
    out.push_back(c);
  }
  if (!out.empty() && !out.ends_with("\r\n")) out.append("\r\n");
  return out;
}

}  // namespace sealpost::cli
