// BodySource: the stored content of one message, read piece by piece. The reader decides the pace; nothing holds a
// large body whole.
#pragma once
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace sealpost::message {

class BodySource {
 public:
  virtual ~BodySource() = default;
  /// The size of the whole content.
  virtual Bytes size() const = 0;
  /// The next piece, at most 256 KiB, good until the next call; empty at the end. A Fault::kCorruption is found before
  /// the damaged piece is handed out.
  virtual Result<std::string_view> next() = 0;
  /// Starts again from the first octet.
  virtual Result<void> rewind() = 0;
};

}  // namespace sealpost::message
