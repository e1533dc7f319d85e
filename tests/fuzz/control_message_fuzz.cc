// links: daemon
// The control protocol's decoder: no frame is believed beyond its octets, and what decodes encodes to the same octets
// again.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "daemon/control_message.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sealpost::daemon;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  ControlDecoder decoder;
  decoder.feed(input);
  std::size_t consumed = 0;
  for (auto message = decoder.next(); message && *message; message = decoder.next()) {
    const std::string frame = encode(**message);
    if (input.substr(consumed, frame.size()) != frame) std::abort();
    consumed += frame.size();
  }
  return 0;
}
