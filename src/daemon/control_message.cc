// The control protocol's frames: encoding, and a decoder that checks every length against what is left.
#include "daemon/control_message.h"

#include "base/assert.h"

namespace sealpost::daemon {

namespace {

constexpr std::uint8_t kVersion = 1;

void put(std::string& out, std::uint64_t value, unsigned octets) {
  while (octets-- > 0) out.push_back(static_cast<char>(value >> (8 * octets) & 0xFF));
}

class Cursor {
 public:
  explicit Cursor(std::string_view octets) : rest_(octets) {}

  std::optional<std::uint32_t> number(std::size_t octets) {
    const auto digits = take(octets);
    if (!digits) return std::nullopt;
    std::uint32_t value = 0;
    for (const char c : *digits) value = value << 8 | static_cast<unsigned char>(c);
    return value;
  }
  std::optional<std::string_view> take(std::size_t size) {
    if (rest_.size() < size) return std::nullopt;
    const auto taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

std::optional<ControlMessage> decode(std::string_view frame) {
  Cursor cursor(frame);
  const auto version = cursor.number(1);
  const auto kind = cursor.number(1);
  const auto count = cursor.number(2);
  if (!count || version != kVersion || *kind < 1 || *kind > 4 || *count > kControlFieldsMax) return std::nullopt;
  ControlMessage message;
  message.kind = static_cast<ControlMessage::Kind>(*kind);
  for (std::uint32_t i = 0; i < *count; ++i) {
    const auto size = cursor.number(4);
    const auto field = size ? cursor.take(*size) : std::nullopt;
    if (!field) return std::nullopt;
    message.fields.emplace_back(*field);
  }
  if (!cursor.at_end()) return std::nullopt;
  return message;
}

}  // namespace

std::string encode(const ControlMessage& message) {
  SEALPOST_ASSERT(message.fields.size() <= kControlFieldsMax, "a control message has a bounded number of fields");
  std::size_t size = 4;
  for (const auto& field : message.fields) size += 4 + field.size();
  SEALPOST_ASSERT(size <= kControlFrameMax, "a control frame has a bounded size");
  std::string frame;
  frame.reserve(4 + size);
  put(frame, size, 4);
  put(frame, kVersion, 1);
  put(frame, static_cast<std::uint64_t>(message.kind), 1);
  put(frame, message.fields.size(), 2);
  for (const auto& field : message.fields) {
    put(frame, field.size(), 4);
    frame.append(field);
  }
  return frame;
}

Result<std::optional<ControlMessage>> ControlDecoder::next() {
  Cursor cursor(buffer_);
  const auto size = cursor.number(4);
  if (!size) return std::nullopt;
  if (*size > kControlFrameMax) return fail(Fault::kPeer, "the control connection sent a frame that is too large");
  const auto frame = cursor.take(*size);
  if (!frame) return std::nullopt;
  auto message = decode(*frame);
  if (!message) return fail(Fault::kPeer, "the control connection sent a malformed frame");
  buffer_.erase(0, 4 + std::size_t{*size});
  return message;
}

}  // namespace sealpost::daemon
