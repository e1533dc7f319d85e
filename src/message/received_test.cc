#include "message/received.h"

#include <gtest/gtest.h>

#include "message/message_id.h"
#include "message/string_body_source.h"

namespace sealpost::message {
namespace {

constexpr WallTime kTime{std::chrono::milliseconds{1'795'455'780'123}};  // Mon, 23 Nov 2026 17:43:00 UTC

ReceivedValues article_values() {
  return {.helo = "client.example.com",
          .client_address = "192.0.2.1",
          .hostname = "mail.example.com",
          .protocol = "ESMTPSA",
          .queue_id = "0G5XK2V7M0001",
          .tls_cipher = "TLS_AES_256_GCM_SHA384",
          .tls_group = "X25519",
          .for_path = "<recipient@another.com>",
          .time = kTime};
}

TEST(Received, HasEveryClauseInTheOrderOfTheGrammar) {
  EXPECT_EQ(make_received(article_values()),
            "Received: from client.example.com ([192.0.2.1])\r\n"
            "\tby mail.example.com (Sealpost) with ESMTPSA id 0G5XK2V7M0001\r\n"
            "\tfor <recipient@another.com>\r\n"
            "\ttls TLS_AES_256_GCM_SHA384 group X25519;\r\n"
            "\tMon, 23 Nov 2026 17:43:00 +0000\r\n");
}

TEST(Received, LeavesOutWhatIsNotKnown) {
  ReceivedValues values = article_values();
  values.client_address = "2001:db8::1";
  values.tls_cipher = values.tls_group = values.for_path = values.helo = {};
  EXPECT_EQ(make_received(values),
            "Received: from unknown ([IPv6:2001:db8::1])\r\n"
            "\tby mail.example.com (Sealpost) with ESMTPSA id 0G5XK2V7M0001;\r\n"
            "\tMon, 23 Nov 2026 17:43:00 +0000\r\n");
}

TEST(Received, KeepsAnAddressLiteralAsHelo) {
  ReceivedValues values = article_values();
  values.helo = "[IPv6:2001:db8::7]";
  EXPECT_TRUE(make_received(values).starts_with("Received: from [IPv6:2001:db8::7] ([192.0.2.1])\r\n"));
}

TEST(Received, TakesOnlyCipherAndGroupNamesThatTheGrammarAllows) {
  ReceivedValues values = article_values();
  values.tls_group = "X25519; x";
  EXPECT_NE(make_received(values).find("\ttls TLS_AES_256_GCM_SHA384;\r\n"), std::string::npos);
  values.tls_cipher = "0x1302";
  EXPECT_NE(make_received(values).find("\ttls 0x1302;\r\n"), std::string::npos);
  for (const char* cipher : {"0x13021", "TLS-AES", "TLS\r\nX: y", "1TLS"}) {
    values.tls_cipher = cipher;
    EXPECT_EQ(make_received(values).find("\ttls "), std::string::npos) << cipher;
  }
}

TEST(Received, LetsNothingHostileThrough) {
  for (int octet = 0; octet < 256; ++octet) {
    const std::string hostile = std::string(2, static_cast<char>(octet)) + "\r\nBcc: x (\\\"" + std::string(2000, 'y');
    ReceivedValues values = article_values();
    values.helo = values.client_address = values.hostname = values.protocol = values.queue_id = values.tls_cipher =
        hostile;
    const std::string path = "<" + hostile + ">";
    values.for_path = path;
    const std::string field = make_received(values);
    std::size_t lines = 0;
    for (std::size_t at = 0; at < field.size(); ++lines) {
      const std::size_t end = field.find("\r\n", at);
      ASSERT_NE(end, std::string::npos);
      const std::string line = field.substr(at, end - at);
      EXPECT_LE(line.size(), 998u);
      EXPECT_TRUE(lines == 0 ? line.starts_with("Received: ") : line.starts_with("\t"));
      EXPECT_EQ(line.find_first_of(std::string_view("\r\n\0\x7f\"\\", 6)), std::string::npos) << line;
      at = end + 2;
    }
    EXPECT_EQ(lines, 3u);
  }
}

TEST(Received, RefusesAPathWithControlCharacters) {
  ReceivedValues values = article_values();
  values.for_path = "<a\r\nX: y@b>";
  EXPECT_EQ(make_received(values).find("\tfor "), std::string::npos);
  values.for_path = "<\xC3\xA9@example.com>";
  EXPECT_NE(make_received(values).find("\tfor <\xC3\xA9@example.com>\r\n"), std::string::npos);
}

TEST(MessageId, IsMadeOfRandomBitsTimeAndHostname) {
  EXPECT_EQ(make_message_id(0x1F, kTime, "mail.example.com"), "<000000000000001f.1795455780123@mail.example.com>");
}

TEST(StringBodySource, HandsOutPiecesAndStartsAgain) {
  StringBodySource source("hello", 2);
  EXPECT_EQ(source.size().count, 5u);
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(source.next().value(), "he");
    EXPECT_EQ(source.next().value(), "ll");
    EXPECT_EQ(source.next().value(), "o");
    EXPECT_EQ(source.next().value(), "");
    ASSERT_TRUE(source.rewind());
  }
}

}  // namespace
}  // namespace sealpost::message
