#include "smtp/extension.h"

#include <gtest/gtest.h>

namespace sealpost::smtp {
namespace {

ServerOptions options_for(Service service) {
  ServerOptions options;
  options.service = service;
  options.hostname = "mail.example.com";
  return options;
}

bool has_line(const Reply& reply, std::string_view line) {
  return ("\n" + reply.text + "\n").find("\n" + std::string(line) + "\n") != std::string::npos;
}

TEST(EhloReply, OffersEverythingUnderTls) {
  const Reply reply = ehlo_reply(options_for(Service::kSubmissions), {.is_secure = true});
  std::string wire;
  reply.append_to(wire);
  EXPECT_EQ(wire,
            "250-mail.example.com\r\n250-PIPELINING\r\n250-AUTH PLAIN LOGIN\r\n250-8BITMIME\r\n250-SIZE 52428800\r\n"
            "250-SMTPUTF8\r\n250-CHUNKING\r\n250-ENHANCEDSTATUSCODES\r\n250-DSN\r\n250 HELP\r\n");
}

TEST(EhloReply, OffersStarttlsAndNoAuthInClear) {
  const Reply reply = ehlo_reply(options_for(Service::kSubmission), {});
  EXPECT_TRUE(has_line(reply, "STARTTLS"));
  EXPECT_EQ(reply.text.find("AUTH"), std::string::npos);
}

TEST(EhloReply, OffersAuthAndNoStarttlsAfterStarttls) {
  const Reply reply = ehlo_reply(options_for(Service::kSubmission), {.is_secure = true});
  EXPECT_FALSE(has_line(reply, "STARTTLS"));
  EXPECT_TRUE(has_line(reply, "AUTH PLAIN LOGIN"));
}

TEST(EhloReply, OffersNoAuthAfterAuth) {
  EXPECT_EQ(
      ehlo_reply(options_for(Service::kSubmissions), {.is_secure = true, .is_authenticated = true}).text.find("AUTH"),
      std::string::npos);
}

TEST(EhloReply, OffersNoStarttlsWithoutACertificate) {
  ServerOptions options = options_for(Service::kSubmission);
  options.is_starttls_available = false;
  EXPECT_FALSE(has_line(ehlo_reply(options, {}), "STARTTLS"));
}

TEST(EhloReply, NeverOffersStarttlsOnTheServiceThatBeginsUnderTls) {
  EXPECT_FALSE(offers_starttls(options_for(Service::kSubmissions), {}));
}

TEST(EhloReply, OffersAuthInClearOnlyByTheInsecureOption) {
  ServerOptions options = options_for(Service::kSubmission);
  EXPECT_FALSE(offers_auth(options, {}));
  options.may_auth_without_tls = true;
  EXPECT_TRUE(offers_auth(options, {}));
}

TEST(EhloReply, OffersNoAuthOnPort25OrWithoutMechanisms) {
  EXPECT_FALSE(offers_auth(options_for(Service::kSmtp), {.is_secure = true}));
  EXPECT_TRUE(offers_starttls(options_for(Service::kSmtp), {}));
  ServerOptions options = options_for(Service::kSubmissions);
  options.mechanisms.clear();
  EXPECT_FALSE(has_line(ehlo_reply(options, {.is_secure = true}), "AUTH"));
  EXPECT_EQ(ehlo_reply(options, {.is_secure = true}).text.find("AUTH"), std::string::npos);
}

TEST(EhloReply, SaysTheSizeLimit) {
  ServerOptions options = options_for(Service::kSubmissions);
  options.size_max = Bytes{10'240'000};
  EXPECT_TRUE(has_line(ehlo_reply(options, {.is_secure = true}), "SIZE 10240000"));
}

}  // namespace
}  // namespace sealpost::smtp
