#include "daemon/control_message.h"

#include <gtest/gtest.h>

namespace sealpost::daemon {
namespace {

const ControlMessage kRequest{ControlMessage::Kind::kRequest,
                              {"queue.show", "0G5XK2V7M0001", std::string("\0\r\n", 3)}};

TEST(ControlMessage, ComesBackFromItsFrameHoweverItIsCut) {
  const std::string wire = encode(kRequest) + encode({ControlMessage::Kind::kDone, {}});
  for (std::size_t cut = 0; cut <= wire.size(); ++cut) {
    ControlDecoder decoder;
    std::vector<ControlMessage> messages;
    for (const auto part : {std::string_view(wire).substr(0, cut), std::string_view(wire).substr(cut)}) {
      decoder.feed(part);
      for (auto message = decoder.next(); message && *message; message = decoder.next()) messages.push_back(**message);
    }
    ASSERT_EQ(messages.size(), 2U);
    EXPECT_EQ(messages[0], kRequest);
    EXPECT_EQ(messages[1].kind, ControlMessage::Kind::kDone);
  }
}

TEST(ControlMessage, NoFlippedLengthIsBelieved) {
  const std::string wire = encode(kRequest);
  for (std::size_t i = 0; i < wire.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string damaged = wire;
      damaged[i] = static_cast<char>(damaged[i] ^ (1 << bit));
      ControlDecoder decoder;
      decoder.feed(damaged);
      const auto message = decoder.next();
      if (message && *message) EXPECT_LE((*message)->fields.size(), kRequest.fields.size());
    }
  }
}

TEST(ControlMessage, RefusesAFrameAboveTheLimitBeforeItArrives) {
  ControlDecoder decoder;
  decoder.feed(std::string_view("\x00\x10\x00\x01", 4));  // 1 MiB + 1
  EXPECT_FALSE(decoder.next());
  ControlDecoder at_the_limit;
  at_the_limit.feed(std::string_view("\x00\x10\x00\x00", 4));
  EXPECT_TRUE(at_the_limit.next());
}

}  // namespace
}  // namespace sealpost::daemon
