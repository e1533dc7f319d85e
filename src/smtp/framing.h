// What the readers of the server side share: the octets that were fed and not yet taken, and the faults of framing.
// Only CRLF ends a line (RFC 5321 §2.3.8); a bare CR, a bare LF or a NUL is a fault in every reader, because servers
// that read them differently can be played against each other (CVE-2023-51764 and its relatives). Never: a copy of what
// was fed; the view is the driver's buffer.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.h"

namespace sealpost::smtp {

/// After one of these nothing further on the connection can be trusted. Each reader reports the fault of the first
/// offending octet, wherever the input was cut, and goes on reporting it.
enum class FramingFault : std::uint8_t {
  kBareCr,
  kBareLf,
  kNul,
  kTlsRecord,    // a command line that begins with octet 22: a TLS handshake is spoken to a port that has no TLS yet
  kEndlessLine,  // kDiscardMax octets behind the limit of a line, and still no CRLF
};

/// The reader has taken all input: feed more. With LineReader and DataReader the Input is empty then.
struct NeedMoreInput {
  friend bool operator==(const NeedMoreInput&, const NeedMoreInput&) = default;
};

/// Octets of the message, framing removed: a view of the fed input or of a constant. Good until the next feed.
struct ContentPiece {
  std::string_view octets;  // never empty; a CR in it is always followed by LF, a LF always preceded by CR
};

/// The octets fed and not yet taken. A reader that needs more takes everything, so nothing is ever left behind at the
/// next feed.
class Input {
 public:
  /// `octets` must stay in place until they are taken. What was fed before must have been taken.
  void feed(std::string_view octets) {
    SEALPOST_ASSERT(rest_.empty(), "input is fed only when all earlier input was taken");
    rest_ = octets;
  }

  bool is_empty() const { return rest_.empty(); }
  std::string_view view() const { return rest_; }

  /// The next `count` octets, or all when there are fewer.
  std::string_view take(std::size_t count) {
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(taken.size());
    return taken;
  }
  std::string_view take_all() { return take(rest_.size()); }

 private:
  std::string_view rest_;
};

}  // namespace sealpost::smtp
