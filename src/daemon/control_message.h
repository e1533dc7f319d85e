// The control protocol between `sealpost queue …` and a running server: length-prefixed, versioned frames over a
// Unix-domain socket in the data directory. A request is a verb and its arguments; the answer is any number of rows
// (one JSON document each) and one end. Both sides treat the other as hostile: every length is checked before anything
// is allocated.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sealpost::daemon {

struct ControlMessage {
  enum class Kind : std::uint8_t { kRequest = 1, kRow = 2, kDone = 3, kFailed = 4 };
  Kind kind = Kind::kRequest;
  std::vector<std::string> fields;  // request: verb, arguments; row: one document; failed: one sentence
  bool operator==(const ControlMessage&) const = default;
};

inline constexpr std::size_t kControlFrameMax = 1024 * 1024;  // a row with a thousand recipients fits
inline constexpr std::size_t kControlFieldsMax = 1024;

/// The frame in wire form: u32 length of what follows, u8 version, u8 kind, u16 count, then each field as u32 length
/// and octets.
std::string encode(const ControlMessage& message);

/// Cuts a stream of octets into messages.
class ControlDecoder {
 public:
  void feed(std::string_view octets) { buffer_.append(octets); }
  /// The next whole message; nothing when more octets are needed. After an Error the stream is of no further use.
  Result<std::optional<ControlMessage>> next();

 private:
  std::string buffer_;
};

}  // namespace sealpost::daemon
