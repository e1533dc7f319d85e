// The content behind DATA (RFC 5321 §4.1.1.4, §4.5.2): ends at CRLF "." CRLF only, dot-stuffing removed, everything
// else unchanged. Yields views of the fed input, as long as they can be; the state between two feeds is one enum.
// Never: a copy of content, a limit on the length of a line (RFC 5321 §4.5.3.1.6 asks for 1000 octets at least: longer
// lines pass unchanged, since a folded line would break signatures; the size of the message is what is limited, by the
// session).
#pragma once
#include <cstdint>
#include <string_view>
#include <variant>

#include "smtp/framing.h"

namespace sealpost::smtp {

/// The line that is "." alone was taken; what follows in the input is the next command.
struct EndOfData {
  friend bool operator==(const EndOfData&, const EndOfData&) = default;
};

/// One per DATA command; starts at the beginning of a line, right behind the CRLF of the command.
class DataReader {
 public:
  using Step = std::variant<NeedMoreInput, ContentPiece, EndOfData, FramingFault>;

  /// The pieces joined are the content, whose last line ends with CRLF; an empty content has no pieces.
  Step next(Input& input);

 private:
  enum class State : std::uint8_t {
    kLineStart,
    kInLine,
    kAfterCr,     // CR taken and not yet yielded: it is content only if LF follows
    kAfterDot,    // "." at the start of a line taken: stuffing, or the end
    kAfterDotCr,  // "." CR at the start of a line taken
    kEnded,
    kFaulted,
  };
  bool is_holding() const {
    return state_ == State::kAfterCr || state_ == State::kAfterDot || state_ == State::kAfterDotCr;
  }
  /// Looks at the octet that decides what a held CR or "." was. Returns the content that is settled by it, if any.
  std::string_view resolve_held(Input& input);
  /// Takes octets up to what has to be decided: a "." at the start of a line, a fault, the end of the input. Returns
  /// the content in front.
  std::string_view take_text(Input& input);
  void fail(FramingFault fault);

  State state_ = State::kLineStart;
  FramingFault fault_{};
};

}  // namespace sealpost::smtp
