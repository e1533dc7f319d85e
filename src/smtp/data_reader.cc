// DATA content out of the input. The same content and the same end or fault come out however the input was cut.
#include "smtp/data_reader.h"

#include "smtp/octet_scan.h"

namespace sealpost::smtp {

DataReader::Step DataReader::next(Input& input) {
  while (true) {
    if (state_ == State::kEnded) return EndOfData{};
    if (state_ == State::kFaulted) return fault_;
    if (input.is_empty()) return NeedMoreInput{};
    const std::string_view octets = is_holding() ? resolve_held(input) : take_text(input);
    if (!octets.empty()) return ContentPiece{octets};
  }
}

std::string_view DataReader::resolve_held(Input& input) {
  const char octet = input.view().front();
  if (state_ == State::kAfterDot) {
    // RFC 5321 §4.5.2: a "." before anything but the end of the line was put there by the sender's side and is dropped.
    if (octet == '\r') input.take(1);
    state_ = octet == '\r' ? State::kAfterDotCr : State::kInLine;
    return {};
  }
  if (octet != '\n') {
    fail(FramingFault::kBareCr);
    return {};
  }
  input.take(1);
  if (state_ == State::kAfterDotCr) {
    // RFC 5321 §4.1.1.4: CRLF "." CRLF, the first CRLF being that of the line before or of the DATA command, and
    // nothing else.
    state_ = State::kEnded;
    return {};
  }
  state_ = State::kLineStart;
  return "\r\n";
}

std::string_view DataReader::take_text(Input& input) {
  const std::string_view text = input.view();
  std::size_t at = 0;
  while (true) {
    if (state_ == State::kLineStart) {
      if (at == text.size()) return input.take(at);
      if (text[at] == '.') {
        state_ = State::kAfterDot;
        const std::string_view before = input.take(at);
        input.take(1);
        return before;
      }
    }
    state_ = State::kInLine;
    at = find_line_octet(text, at);
    if (at == text.size()) return input.take(at);
    if (text[at] != '\r') {
      fail(text[at] == '\n' ? FramingFault::kBareLf : FramingFault::kNul);
      return input.take(at);
    }
    if (at + 1 == text.size()) {
      state_ = State::kAfterCr;
      const std::string_view before = input.take(at);
      input.take(1);
      return before;
    }
    if (text[at + 1] != '\n') {
      fail(FramingFault::kBareCr);
      return input.take(at);
    }
    at += 2;
    state_ = State::kLineStart;
  }
}

void DataReader::fail(FramingFault fault) {
  state_ = State::kFaulted;
  fault_ = fault;
}

}  // namespace sealpost::smtp
