// Command lines out of the input. The same lines and faults come out however the input was cut.
#include "smtp/line_reader.h"

#include "base/secret.h"
#include "smtp/octet_scan.h"

namespace sealpost::smtp {

namespace {
// RFC 8446 §5.1, RFC 5246 §6.2.1: the content type of a handshake record. No command begins with it.
constexpr char kTlsHandshakeRecord = 22;
constexpr std::string_view kCrlf = "\r\n";
}  // namespace

LineReader::Step LineReader::next(Input& input, std::size_t octets_max) {
  if (is_done_) start_line();
  if (fault_) return *fault_;
  if (input.is_empty()) return NeedMoreInput{};
  if (is_after_cr_) {
    if (input.view().front() != '\n') return fail(FramingFault::kBareCr);
    input.take(1);
    return finish_line({}, octets_max);
  }
  if (taken_ == 0 && input.view().front() == kTlsHandshakeRecord) return fail(FramingFault::kTlsRecord);

  // One octet more than may be skipped: if nothing ends the line up to there, nothing will be waited for.
  const std::string_view text = input.view().substr(0, octets_max + kDiscardMax - taken_ + 1);
  const std::size_t end = find_line_octet(text, 0);
  if (taken_ + end > octets_max + kDiscardMax) return fail(FramingFault::kEndlessLine);
  if (end == text.size()) {
    keep(input.take(end), octets_max);
    return NeedMoreInput{};
  }
  if (text[end] == '\n') return fail(FramingFault::kBareLf);
  if (text[end] == '\0') return fail(FramingFault::kNul);
  if (end + 1 == input.view().size()) {
    keep(input.take(end), octets_max);
    input.take(1);
    is_after_cr_ = true;
    return NeedMoreInput{};
  }
  if (input.view()[end + 1] != '\n') return fail(FramingFault::kBareCr);
  const std::string_view last_piece = input.take(end);
  input.take(kCrlf.size());
  return finish_line(last_piece, octets_max);
}

std::size_t LineReader::memory() const {
  return carry_.capacity() > std::string().capacity() ? carry_.capacity() + 1 : 0;
}

LineReader::Step LineReader::fail(FramingFault fault) {
  fault_ = fault;
  release_carry();
  return fault;
}

void LineReader::keep(std::string_view piece, std::size_t octets_max) {
  taken_ += piece.size();
  if (taken_ + kCrlf.size() > octets_max) {
    release_carry();  // the line is only counted from here on
  } else {
    carry_ += piece;
  }
}

LineReader::Step LineReader::finish_line(std::string_view last_piece, std::size_t octets_max) {
  is_done_ = true;
  if (taken_ + last_piece.size() + kCrlf.size() > octets_max) {
    release_carry();
    return LineTooLong{};
  }
  if (taken_ == 0) return Line{last_piece};
  carry_ += last_piece;
  return Line{carry_};
}

void LineReader::start_line() {
  release_carry();
  taken_ = 0;
  is_after_cr_ = false;
  is_done_ = false;
}

void LineReader::release_carry() {
  wipe(carry_.data(), carry_.size());  // responses of AUTH pass here
  std::string().swap(carry_);          // clear() and assignment would keep the memory
}

}  // namespace sealpost::smtp
