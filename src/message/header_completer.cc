// Walks the header section line by line. Only the beginning of a line is ever looked at; the rest is found with memchr
// and passed on.
#include "message/header_completer.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/utf8.h"

namespace sealpost::message {

namespace {

bool is_wsp(char c) { return c == ' ' || c == '\t'; }
/// RFC 5322 §3.6.8: ftext is any printable ASCII but ":".
bool is_ftext(char c) { return c > ' ' && c < '\x7f' && c != ':'; }

bool equals_ignoring_case(std::string_view text, std::string_view lower) {
  return std::ranges::equal(text, lower, {},
                            [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
}

bool is_one_line(std::string_view text) { return text.find_first_of("\r\n") == std::string_view::npos; }

}  // namespace

HeaderCompleter::HeaderCompleter(Additions additions) : additions_(std::move(additions)) {
  SEALPOST_ASSERT(additions_.received.empty() || additions_.received.ends_with("\r\n"),
                  "a Received field is a whole line");
  SEALPOST_ASSERT(is_one_line(additions_.date) && is_one_line(additions_.message_id), "an added field is one line");
}

void HeaderCompleter::feed(std::string_view piece, const Sink& sink) {
  begin(sink);
  while (!piece.empty() && place_ != Place::kContent) {
    std::size_t taken = 0;
    if (place_ == Place::kFieldName) {
      taken = feed_line_beginning(piece, sink);
    } else {
      const std::size_t line_end = piece.find('\n');
      taken = line_end == std::string_view::npos ? piece.size() : line_end + 1;
      if (line_end != std::string_view::npos) place_ = Place::kFieldName;
      emit(piece.substr(0, taken), sink);
    }
    piece.remove_prefix(taken);
  }
  emit(piece, sink);
}

void HeaderCompleter::finish(const Sink& sink) {
  begin(sink);
  if (place_ == Place::kFieldBody) emit("\r\n", sink);  // BDAT content may end without CRLF
  if (place_ == Place::kContent) return;
  end_header_section(!held_.empty(), sink);
  emit(std::exchange(held_, {}), sink);
}

std::size_t HeaderCompleter::feed_line_beginning(std::string_view piece, const Sink& sink) {
  const std::size_t held_before = held_.size();
  // The common line is whole within its piece: no copy. Otherwise the copy is bounded, because kUndecided is.
  if (held_before > 0) held_.append(piece.substr(0, kFieldNameMax + 1));
  const std::string_view beginning = held_before > 0 ? std::string_view(held_) : piece;
  const Line line = classify(beginning, is_first_line_);
  if (line == Line::kUndecided) {
    if (held_before == 0) held_ = piece;
    return piece.size();
  }
  is_first_line_ = false;
  if (line == Line::kField) note_field(beginning);
  if (line == Line::kField || line == Line::kContinuation) {
    place_ = Place::kFieldBody;
  } else {
    end_header_section(line == Line::kNotAField, sink);
  }
  held_.resize(held_before);
  emit(std::exchange(held_, {}), sink);
  return 0;
}

HeaderCompleter::Line HeaderCompleter::classify(std::string_view beginning, bool is_first_line) {
  if (is_wsp(beginning.front())) return is_first_line ? Line::kNotAField : Line::kContinuation;
  if (beginning.front() == '\r') {
    if (beginning.size() == 1) return Line::kUndecided;
    return beginning[1] == '\n' ? Line::kEmpty : Line::kNotAField;
  }
  std::size_t at = 0;
  while (at < beginning.size() && at <= kFieldNameMax && is_ftext(beginning[at])) ++at;
  if (at == 0) return Line::kNotAField;
  // RFC 5322 §4.5: the obsolete syntax has white space between the name and the colon.
  while (at < beginning.size() && at <= kFieldNameMax && is_wsp(beginning[at])) ++at;
  if (at > kFieldNameMax) return Line::kNotAField;
  if (at == beginning.size()) return Line::kUndecided;
  return beginning[at] == ':' ? Line::kField : Line::kNotAField;
}

void HeaderCompleter::note_field(std::string_view beginning) {
  std::string_view name = beginning.substr(0, beginning.find(':'));
  while (is_wsp(name.back())) name.remove_suffix(1);
  has_date_ |= equals_ignoring_case(name, "date");
  has_message_id_ |= equals_ignoring_case(name, "message-id");
  has_from_ |= equals_ignoring_case(name, "from");
  received_fields_ += equals_ignoring_case(name, "received") ? 1U : 0U;
}

void HeaderCompleter::end_header_section(bool needs_empty_line, const Sink& sink) {
  std::string added;
  // RFC 6409 §8.2, §8.3: an MSA adds the fields that RFC 5322 §3.6 asks every message to have.
  if (!has_date_) added.append("Date: ").append(additions_.date).append("\r\n");
  if (!has_message_id_) added.append("Message-ID: ").append(additions_.message_id).append("\r\n");
  if (needs_empty_line) added.append("\r\n");
  emit(added, sink);
  place_ = Place::kContent;
}

void HeaderCompleter::begin(const Sink& sink) {
  if (std::exchange(is_begun_, true)) return;
  emit(additions_.received, sink);
}

void HeaderCompleter::emit(std::string_view octets, const Sink& sink) {
  if (octets.empty()) return;
  if (!is_8bit_) is_8bit_ = !is_ascii(octets);
  size_ += Bytes{octets.size()};
  sink(octets);
}

}  // namespace sealpost::message
