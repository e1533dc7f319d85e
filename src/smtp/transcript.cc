// The transcript parser: one pass over the lines, one small recursive expander for the escapes.
#include "smtp/transcript.h"

#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "base/base64.h"

namespace sealpost::smtp {

namespace {

constexpr int kNestingMax = 4;
constexpr std::string_view kNoLineEnd = "\\-";  // at the end of a C: line: no CRLF is sent behind it

std::unexpected<Error> bad(std::string text) { return fail(Fault::kConfiguration, std::move(text)); }

std::optional<unsigned> number(std::string_view text, int base) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

/// Where the brace that opened just before `text` closes; escapes inside are stepped over.
std::size_t closing_brace(std::string_view text) {
  int depth = 1;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && text[i + 1] != '{') {
      ++i;
    } else if (text[i] == '{') {
      ++depth;
    } else if (text[i] == '}' && --depth == 0) {
      return i;
    }
  }
  return text.npos;
}

class Expander {
 public:
  Result<std::string> expand(std::string_view text, int nesting) {
    if (nesting > kNestingMax) return bad("escapes are nested too deeply");
    std::string octets;
    while (!text.empty()) {
      const std::size_t plain = std::min(text.find('\\'), text.size());
      octets.append(text.substr(0, plain));
      text.remove_prefix(plain);
      if (text.empty()) break;
      text.remove_prefix(1);
      if (auto done = escape(text, octets, nesting); !done) return std::unexpected(done.error());
      if (octets.size() > kTranscriptOctetsMax) return bad("the line is too long once its repetitions are expanded");
    }
    return octets;
  }

 private:
  /// `text` stands behind the backslash; what the escape used up is removed from it.
  Result<void> escape(std::string_view& text, std::string& octets, int nesting) {
    if (text.starts_with("b64{")) {
      auto inner = braces(text, 4, nesting);
      if (!inner) return std::unexpected(inner.error());
      octets.append(base64_encode(*inner));
      return {};
    }
    if (text.starts_with('{')) return repetition(text, octets, nesting);
    if (text.starts_with('x') && text.size() >= 3) {
      const auto value = number(text.substr(1, 2), 16);
      if (!value) return bad("\\x wants two hexadecimal digits");
      octets.push_back(static_cast<char>(*value));
      text.remove_prefix(3);
      return {};
    }
    static constexpr std::string_view kNames = "rnt0\\*";
    static constexpr std::string_view kOctets("\r\n\t\0\\*", 6);
    const std::size_t which = text.empty() ? kNames.npos : kNames.find(text.front());
    if (which == kNames.npos) return bad(fmt::format("unknown escape \\{}", text.substr(0, 1)));
    octets.push_back(kOctets[which]);
    text.remove_prefix(1);
    return {};
  }

  Result<std::string> braces(std::string_view& text, std::size_t opening, int nesting) {
    text.remove_prefix(opening);
    const std::size_t end = closing_brace(text);
    if (end == text.npos) return bad("a brace is not closed");
    auto inner = expand(text.substr(0, end), nesting + 1);
    text.remove_prefix(end + 1);
    return inner;
  }

  Result<void> repetition(std::string_view& text, std::string& octets, int nesting) {
    text.remove_prefix(1);
    const std::size_t end = closing_brace(text);
    if (end == text.npos) return bad("a brace is not closed");
    const std::string_view body = text.substr(0, end);
    const std::size_t star = body.rfind('*');
    const auto count = star == body.npos ? std::nullopt : number(body.substr(star + 1), 10);
    if (!count) return bad("a repetition is \\{text*COUNT}");
    const auto unit = expand(body.substr(0, star), nesting + 1);
    if (!unit) return std::unexpected(unit.error());
    if (unit->size() * std::size_t{*count} > kTranscriptOctetsMax) return bad("a repetition is too long");
    for (unsigned i = 0; i < *count; ++i) octets.append(*unit);
    text.remove_prefix(end + 1);
    return {};
  }
};

/// What follows "C:" or "S:": nothing, or one space and the text.
std::optional<std::string_view> behind_mark(std::string_view line, std::string_view mark) {
  if (!line.starts_with(mark)) return std::nullopt;
  line.remove_prefix(mark.size());
  if (line.starts_with(' ')) line.remove_prefix(1);
  return line;
}

TranscriptStep step(TranscriptStep::Kind kind, std::string text = {},
                    TranscriptStep::Match match = TranscriptStep::Match::kLine) {
  return {kind, 0, std::move(text), match};
}

Result<TranscriptStep> client_line(std::string_view text) {
  const bool has_line_end = !text.ends_with(kNoLineEnd) || text.ends_with("\\\\-");
  if (!has_line_end) text.remove_suffix(kNoLineEnd.size());
  auto octets = expand_transcript_escapes(text);
  if (!octets) return std::unexpected(octets.error());
  if (has_line_end) octets->append("\r\n");
  return step(TranscriptStep::Kind::kClient, std::move(*octets));
}

Result<TranscriptStep> server_line(std::string_view text) {
  using Match = TranscriptStep::Match;
  Match match = Match::kLine;
  if (text.size() == 7 && text.ends_with(" ...")) {
    match = Match::kReply;
    text = text.substr(0, 3);
  } else if (text.ends_with('*') && !text.ends_with("\\*")) {
    match = Match::kPrefix;
    text.remove_suffix(1);
  }
  auto line = expand_transcript_escapes(text);
  if (!line) return std::unexpected(line.error());
  return step(TranscriptStep::Kind::kServer, std::move(*line), match);
}

/// "< TLS handshake >", "< closed >", "< closed: injection >".
Result<TranscriptStep> event_line(std::string_view line) {
  if (!line.ends_with(" >")) return bad("an event is written \"< TLS >\" or \"< closed >\"");
  const std::string_view event = line.substr(2, line.size() - 4);
  if (event.starts_with("TLS")) return step(TranscriptStep::Kind::kTls);
  if (event == "closed") return step(TranscriptStep::Kind::kClosed);
  if (event.starts_with("closed: ")) return step(TranscriptStep::Kind::kClosed, std::string(event.substr(8)));
  return bad("the only events are TLS and closed");
}

Result<TranscriptStep> step_of(std::string_view line) {
  if (const auto text = behind_mark(line, "C:")) return client_line(*text);
  if (const auto text = behind_mark(line, "S:")) return server_line(*text);
  if (line.starts_with("< ")) return event_line(line);
  if (const auto text = behind_mark(line, "expect:")) return step(TranscriptStep::Kind::kExpect, std::string(*text));
  return bad("a line begins with \"#\", \"given:\", \"C:\", \"S:\", \"<\" or \"expect:\"");
}

std::unexpected<Error> at_line(std::size_t line, Error error) {
  return std::unexpected(std::move(error).in(fmt::format("line {}", line)));
}

}  // namespace

bool TranscriptStep::matches(std::string_view server_line) const {
  return match == Match::kLine ? server_line == text : server_line.starts_with(text);
}

Result<std::string> expand_transcript_escapes(std::string_view text) { return Expander().expand(text, 0); }

std::string escape_for_transcript(std::string_view octets) {
  std::string text;
  for (const char c : octets) {
    const auto value = static_cast<unsigned char>(c);
    if (c == '\r')
      text += "\\r";
    else if (c == '\n')
      text += "\\n";
    else if (c == '\\')
      text += "\\\\";
    else if (value < 0x20 || value > 0x7E)
      text += fmt::format("\\x{:02X}", value);
    else
      text.push_back(c);
  }
  return text;
}

Result<Transcript> parse_transcript(std::string_view file) {
  Transcript transcript;
  std::size_t octets = 0;
  for (std::size_t number = 1; !file.empty(); ++number) {
    const std::size_t end = std::min(file.find('\n'), file.size());
    const std::string_view line = file.substr(0, end);
    file.remove_prefix(std::min(end + 1, file.size()));

    if (number == 1) {
      if (!line.starts_with("# "))
        return at_line(1, {Fault::kConfiguration, "the first line is a comment that names the standard"});
      transcript.title = line.substr(2);
    }
    if (line.empty() || line.starts_with('#')) continue;
    if (line.back() == ' ' || line.back() == '\t' || line.back() == '\r')
      return at_line(
          number, {Fault::kConfiguration, "white space at the end of a line cannot be seen; write \\x20, or \\r\\n"});
    if (const auto given = behind_mark(line, "given:")) {
      if (!transcript.steps.empty())
        return at_line(number, {Fault::kConfiguration, "\"given:\" stands before the dialogue"});
      transcript.givens.push_back({number, std::string(*given)});
      continue;
    }
    auto parsed = step_of(line);
    if (!parsed) return at_line(number, parsed.error());
    parsed->line = number;
    octets += parsed->text.size();
    if (octets > kTranscriptOctetsMax) return at_line(number, {Fault::kConfiguration, "the dialogue is too long"});
    transcript.steps.push_back(std::move(*parsed));
  }
  if (transcript.steps.empty()) return bad("there is no dialogue in this file");
  return transcript;
}

}  // namespace sealpost::smtp
