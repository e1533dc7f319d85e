// Cuts the input into command lines (RFC 5321 §2.3.8, §4.1.1): only CRLF ends a line. A line that lies whole in the fed
// input is returned as a view of it; only a line that is cut by the end of the input is copied. Between lines the
// reader holds no memory. Never: more than the limit of one line in memory, whatever the peer sends.
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "smtp/framing.h"

namespace sealpost::smtp {

/// RFC 5321 §4.5.3.1.4: 512 octets, CRLF included, and each extension adds its own (RFC 1870, 3461, 4954, 6152, 6531).
/// 2048 holds the sum with room to spare, for every verb alike: the verb is known only when the line is read.
inline constexpr std::size_t kCommandLineMax = 2048;
/// RFC 4954 §4: 12,288 octets are enough for a response of every deployed mechanism; CRLF is counted on top.
inline constexpr std::size_t kAuthLineMax = 12'288 + 2;
/// How much of an over-long line is skipped in the hope of its end.
inline constexpr std::size_t kDiscardMax = 65'536;

struct Line {
  std::string_view text;  // without CRLF. Good until the next call of next() and the next feed
};
/// A line longer than the limit ended; it was not kept.
struct LineTooLong {
  friend bool operator==(const LineTooLong&, const LineTooLong&) = default;
};

class LineReader {
 public:
  using Step = std::variant<NeedMoreInput, Line, LineTooLong, FramingFault>;

  /// The next line of at most `octets_max` octets, CRLF included.
  Step next(Input& input, std::size_t octets_max);

  /// True when a part of a line has been taken and its end has not.
  bool is_in_line() const { return (taken_ > 0 || is_after_cr_) && !is_done_; }
  /// Octets of heap memory held; 0 between lines.
  std::size_t memory() const;

 private:
  Step fail(FramingFault fault);
  void keep(std::string_view piece, std::size_t octets_max);
  Step finish_line(std::string_view last_piece, std::size_t octets_max);
  void start_line();
  void release_carry();

  std::string carry_;         // the line as far as it was taken, when it was cut; empty when the line is too long
  std::size_t taken_ = 0;     // octets of the line taken so far, kept or not, without its CR
  bool is_after_cr_ = false;  // the CR that must end the line was taken, its LF was not
  bool is_done_ = false;      // the line was returned; the next call starts another
  std::optional<FramingFault> fault_;
};

}  // namespace sealpost::smtp
