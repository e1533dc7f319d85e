// Cutting reply lines, joining the lines of one reply, and making its text harmless.
#include "smtp/reply_reader.h"

#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "base/utf8.h"
#include "smtp/client_session.h"

namespace sealpost::smtp {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// The code at the beginning of a reply line, 0 when there is none that SMTP knows. RFC 5321 §4.2.1: the first digit is
/// 2 to 5.
std::uint16_t reply_code(std::string_view line) {
  if (line.size() < 3 || line[0] < '2' || line[0] > '5' || !is_digit(line[1]) || !is_digit(line[2])) return 0;
  return static_cast<std::uint16_t>((line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0'));
}

/// A number of one to three digits (RFC 3463 §2) off the front of `text`.
bool take_number(std::string_view& text, std::uint16_t& number) {
  std::size_t digits = 0;
  while (digits < text.size() && digits < 4 && is_digit(text[digits])) ++digits;
  if (digits == 0 || digits > 3) return false;
  std::from_chars(text.data(), text.data() + digits, number);
  text.remove_prefix(digits);
  return true;
}

bool take_dot(std::string_view& text) {
  if (!text.starts_with('.')) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

std::string printable(std::string_view text) {
  const bool keeps_utf8 = is_utf8(text);
  std::string result(text);
  for (std::size_t i = 0; i < result.size(); ++i) {
    const auto octet = static_cast<unsigned char>(result[i]);
    if (octet == '\t') {
      result[i] = ' ';
    } else if (octet < 0x20 || octet == 0x7F || (octet >= 0x80 && !keeps_utf8)) {
      result[i] = '?';
    } else if (octet == 0xC2 && static_cast<unsigned char>(result[i + 1]) < 0xA0) {
      result[i] = result[i + 1] = '?';  // U+0080 to U+009F: control characters to a terminal
    }
  }
  return result;
}

EnhancedCode take_enhanced_code(std::string_view& text, std::uint16_t code) {
  std::string_view rest = text;
  EnhancedCode enhanced;
  if (rest.empty() || !is_digit(rest[0])) return {};
  enhanced.class_ = static_cast<std::uint8_t>(rest[0] - '0');
  rest.remove_prefix(1);
  // RFC 3463 §3.1: the classes are 2, 4 and 5; one that contradicts the reply code is text like any other.
  if (enhanced.class_ == 3 || enhanced.class_ != code / 100) return {};
  if (!take_dot(rest) || !take_number(rest, enhanced.subject)) return {};
  if (!take_dot(rest) || !take_number(rest, enhanced.detail)) return {};
  if (!rest.empty() && rest[0] != ' ') return {};
  if (!rest.empty()) rest.remove_prefix(1);
  text = rest;
  return enhanced;
}

void ReplyReader::feed(std::string_view octets) {
  input_.erase(0, position_);
  position_ = 0;
  input_ += octets;
}

ReplyReader::Status ReplyReader::next(Reply& reply) {
  if (!complaint_.empty()) return Status::kMalformed;
  for (;;) {
    const std::string_view rest = std::string_view(input_).substr(position_);
    const std::size_t end = rest.substr(0, kReplyLineMax).find('\n');
    if (end == std::string_view::npos) {
      if (rest.size() >= kReplyLineMax)
        return malformed(fmt::format("a reply line longer than {} octets", kReplyLineMax));
      return Status::kNeedInput;
    }
    // RFC 5321 §2.3.8: only CRLF ends a line.
    if (end == 0 || rest[end - 1] != '\r') return malformed("a reply line that ends in LF without CR");
    position_ += end + 1;
    const Status status = take_line(rest.substr(0, end - 1), reply);
    if (status != Status::kNeedInput) return status;
  }
}

ReplyReader::Status ReplyReader::take_line(std::string_view line, Reply& reply) {
  const std::string shown = printable(line);
  if (watcher_ != nullptr) watcher_->received(shown);
  const std::uint16_t code = reply_code(shown);
  const char separator = shown.size() > 3 ? shown[3] : ' ';
  if (code == 0 || (separator != ' ' && separator != '-'))
    return malformed("a line that is no reply: \"" + shown.substr(0, 80) + "\"");
  // RFC 5321 §4.2.1: the reply code on each line of a reply must be the same.
  if (lines_ > 0 && code != building_.code) return malformed("a reply whose lines have different codes");
  std::string_view text = std::string_view(shown).substr(shown.size() > 3 ? 4 : 3);
  const EnhancedCode enhanced = take_enhanced_code(text, code);
  if (lines_ == 0) {
    building_.code = code;
    building_.enhanced_code = enhanced;
  } else {
    building_.text += '\n';
  }
  building_.text += text;
  if (++lines_ > kReplyLinesMax) return malformed(fmt::format("a reply of more than {} lines", kReplyLinesMax));
  if (separator == '-') return Status::kNeedInput;
  reply = std::exchange(building_, {});
  lines_ = 0;
  return Status::kReply;
}

ReplyReader::Status ReplyReader::malformed(std::string complaint) {
  complaint_ = std::move(complaint);
  return Status::kMalformed;
}

}  // namespace sealpost::smtp
