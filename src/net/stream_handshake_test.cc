#include <thread>

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include "net/client_sessions.h"
#include "net/deadline.h"
#include "net/streams_for_test.h"
#include "net/tls_failure.h"

namespace sealpost::net {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

class HandshakeTest : public testing::Test {
 protected:
  /// What the server says about a client that sends `octets` and nothing else, and what that client gets to read.
  std::pair<std::string, std::string> answer_to(const std::string& octets) {
    StreamPair pair(context_);
    std::optional<Result<TlsFacts>> accepted;
    std::optional<Result<void>> written;
    std::string answer;
    std::optional<Result<void>> end;
    TaskGroup group(context_);
    group.spawn("accept", accept_tls(&*pair.server, &*world_.server, &accepted));
    group.spawn("write", write_all(&*pair.client, octets, &written));
    group.spawn("read", read_and_close(&*pair.client, &answer, &end));
    context_.restart();
    context_.run();
    EXPECT_FALSE(*accepted);
    EXPECT_FALSE(pair.server->is_open());
    return {accepted->error().text, answer};
  }

  static Task<> read_and_close(Stream* stream, std::string* octets, std::optional<Result<void>>* out) {
    co_await read_all(stream, octets, out);
    stream->close();
  }

  asio::io_context context_;
  TlsWorld world_;
};

TEST_F(HandshakeTest, TellsTheFactsOfTls13) {
  StreamPair pair(context_);
  const Handshake done = shake_hands(context_, pair, *world_.server, *world_.client);
  ASSERT_TRUE(*done.server) << done.server->error().text;
  ASSERT_TRUE(*done.client) << done.client->error().text;
  for (const auto* facts : {&**done.server, &**done.client}) {
    EXPECT_EQ((*facts)->version, "TLSv1.3");
    EXPECT_EQ((*facts)->cipher, "TLS_AES_256_GCM_SHA384");
    EXPECT_EQ((*facts)->group, "X25519");
    EXPECT_EQ((*facts)->server_name, "mail.example.com");
    EXPECT_FALSE((*facts)->is_resumed);
  }
  EXPECT_TRUE(pair.server->is_secure());
  EXPECT_TRUE(pair.client->is_secure());
}

TEST_F(HandshakeTest, TellsTheFactsOfATls12Client) {
  SSL_CTX_set_max_proto_version(world_.client->native(), TLS1_2_VERSION);
  SSL_CTX_set1_groups_list(world_.client->native(), "P-256");
  StreamPair pair(context_);
  const Handshake done = shake_hands(context_, pair, *world_.server, *world_.client);
  ASSERT_TRUE(*done.server) << done.server->error().text;
  EXPECT_EQ((**done.server)->version, "TLSv1.2");
  EXPECT_EQ((**done.server)->cipher, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256");
  EXPECT_EQ((**done.server)->group, "P-256");
}

TEST_F(HandshakeTest, VerifiesTheServerAndShowsItsCertificate) {
  StreamPair pair(context_);
  ASSERT_TRUE(*shake_hands(context_, pair, *world_.server, *world_.client).client);
  const PeerCertificate certificate = pair.client->peer_certificate();
  EXPECT_TRUE(certificate.is_present);
  EXPECT_TRUE(certificate.is_verified);
  EXPECT_EQ(certificate.verification_text, "ok");
  EXPECT_EQ(certificate.facts.subject, "CN=mail.example.com");
  EXPECT_EQ(certificate.facts.issuer, "CN=Test Authority");
  EXPECT_FALSE(pair.server->peer_certificate().is_present) << "RFC 8314 §4.2: a client is not asked for one";
}

TEST_F(HandshakeTest, VerifiesAnAddressLiteralAndSendsNoSniForIt) {
  StreamPair pair(context_);
  const Handshake done = shake_hands(context_, pair, *world_.server, *world_.client, "127.0.0.1");
  ASSERT_TRUE(*done.client) << done.client->error().text;
  EXPECT_EQ((**done.server)->server_name, "");
  StreamPair other(context_);
  const Handshake refused = shake_hands(context_, other, *world_.server, *world_.client, "127.0.0.2");
  ASSERT_FALSE(*refused.client);
  EXPECT_EQ(refused.client->error().text, "the certificate is for mail.example.com, 127.0.0.1, not 127.0.0.2");
}

TEST_F(HandshakeTest, ResumesWithATicketOfTheSameListener) {
  std::optional<Result<void>> written;
  std::optional<Result<std::string>> read;
  std::vector<bool> resumed;
  tcp::acceptor acceptor(context_, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  for (const int max_version : {TLS1_3_VERSION, TLS1_2_VERSION}) {
    ClientTlsContext client = TlsWorld::make_client({.ca_file = world_.ca_file});
    SSL_CTX_set_max_proto_version(client.native(), max_version);
    for (int i = 0; i < 3; ++i) {
      StreamPair pair(context_, acceptor);
      const Handshake done = shake_hands(context_, pair, *world_.server, client);
      ASSERT_TRUE(*done.server) << done.server->error().text;
      EXPECT_EQ((**done.server)->is_resumed, (**done.client)->is_resumed);
      resumed.push_back((**done.server)->is_resumed);
      EXPECT_TRUE(pair.client->peer_certificate().is_verified);
      run(context_, write_all(&*pair.server, "220 ready\r\n", &written), read_once(&*pair.client, &read));
    }
  }
  EXPECT_THAT(resumed, ElementsAre(false, true, true, false, true, true));
}

TEST_F(HandshakeTest, RefusesATicketOfAnotherListenerOrContext) {
  std::optional<Result<void>> written;
  std::optional<Result<std::string>> read;
  const ServerTlsContext submission = world_.load_server("submission");
  const ServerTlsContext submissions = world_.load_server("submissions");
  // One port, so that the client offers what it got from the context before.
  tcp::acceptor acceptor(context_, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  for (const ServerTlsContext* server : {&submission, &submissions, &submission}) {
    StreamPair pair(context_, acceptor);
    const Handshake done = shake_hands(context_, pair, *server, *world_.client);
    // look.
    ASSERT_TRUE(*done.client);
    EXPECT_FALSE((**done.client)->is_resumed);
    run(context_, write_all(&*pair.server, "220 ready\r\n", &written), read_once(&*pair.client, &read));
  }
}

TEST_F(HandshakeTest, RecognisesPlainTextSaysSoAndQuotesItSafely) {
  const auto [text, answer] = answer_to("EHLO client.example\r\nMAIL FROM:<a@b>\r\n");
  EXPECT_EQ(text, "the client spoke plain text: \"EHLO client.example\" on a port where TLS comes first");
  EXPECT_EQ(answer,
            "554 5.7.0 This port speaks TLS from the first byte (SMTPS); connect with implicit TLS or use STARTTLS on "
            "port 587\r\n");

  EXPECT_EQ(answer_to("\x1b[2J" + std::string(100, 'x')).first,
            "the client spoke plain text: \"\\u001b[2J" + std::string(36, 'x') + "…\" on a port where TLS comes first");
  EXPECT_EQ(answer_to(std::string(1, '\0')).first,
            "the client spoke plain text: \"\\u0000\" on a port where TLS comes first");
}

TEST_F(HandshakeTest, AnswersNothingToAnHttpClient) {
  const auto [text, answer] = answer_to("GET / HTTP/1.1\r\nHost: mail.example.com\r\n\r\n");
  EXPECT_EQ(text, "the client sent an HTTP request: \"GET / HTTP/1.1\"");
  EXPECT_EQ(answer, "");
}

TEST_F(HandshakeTest, SaysNothingInClearAfterStarttls) {
  StreamPair pair(context_);
  std::optional<Result<void>> written;
  std::optional<Result<TlsFacts>> accepted;
  std::string answer;
  std::optional<Result<void>> end;
  run(context_, write_all(&*pair.server, "220 ready\r\n", &written));
  TaskGroup group(context_);
  group.spawn("accept", accept_tls(&*pair.server, &*world_.server, &accepted));
  group.spawn("write", write_all(&*pair.client, "NOOP\r\n", &written));
  group.spawn("read", read_and_close(&*pair.client, &answer, &end));
  context_.restart();
  context_.run();
  ASSERT_FALSE(*accepted);
  EXPECT_EQ(answer, "220 ready\r\n");
}

TEST_F(HandshakeTest, ExplainsAClientThatWaitsForAGreeting) {
  StreamPair pair(context_);
  pair.server->expires_at(steady_now() + 10s);
  std::optional<Result<TlsFacts>> accepted;
  TaskGroup group(context_);
  group.spawn("accept", accept_tls(&*pair.server, &*world_.server, &accepted));
  context_.poll();
  DeadlineKeeper::of(context_).sweep(steady_now() + 11s);
  context_.run();
  ASSERT_FALSE(*accepted);
  EXPECT_EQ(accepted->error().fault, Fault::kTimeout);
  EXPECT_THAT(accepted->error().text, HasSubstr("it sent nothing, as a client does that waits for a greeting"));
}

TEST_F(HandshakeTest, ExplainsAClientThatStopsHalfWay) {
  StreamPair pair(context_);
  std::optional<Result<TlsFacts>> accepted;
  std::optional<Result<void>> written;
  run(context_, write_all(&*pair.client, "\x16\x03\x01\x02", &written));
  pair.client->close();
  run(context_, accept_tls(&*pair.server, &*world_.server, &accepted));
  ASSERT_FALSE(*accepted);
  EXPECT_EQ(accepted->error().text, "the client closed the connection during the handshake");

  StreamPair silent(context_);
  silent.client->close();
  run(context_, accept_tls(&*silent.server, &*world_.server, &accepted));
  ASSERT_FALSE(*accepted);
  EXPECT_EQ(accepted->error().text, "the client closed the connection before the TLS handshake");
}

TEST_F(HandshakeTest, RefusesOldProtocolsWithTheProtocolVersionAlert) {
  // RFC 8996 §§4-5: MUST NOT negotiate; the answer is the alert protocol_version (70).
  SSL_CTX* old = world_.client->native();
  SSL_CTX_set_security_level(old, 0);
  SSL_CTX_set_cipher_list(old, "ALL:@SECLEVEL=0");
  for (const int version : {TLS1_VERSION, TLS1_1_VERSION}) {
    SSL_CTX_set_min_proto_version(old, version);
    SSL_CTX_set_max_proto_version(old, version);
    StreamPair pair(context_);
    const Handshake done = shake_hands(context_, pair, *world_.server, *world_.client);
    ASSERT_FALSE(*done.server);
    ASSERT_FALSE(*done.client);
    EXPECT_THAT(done.server->error().text, StartsWith("the client speaks only TLS versions older than 1.2"));
    EXPECT_EQ(done.client->error().text, "the server refused our TLS versions, 1.2 and 1.3");
  }
}

TEST_F(HandshakeTest, RefusesAClientWithoutModernCiphers) {
  SSL_CTX_set_max_proto_version(world_.client->native(), TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(world_.client->native(), "AES128-SHA:ECDHE-ECDSA-AES128-SHA:DHE-RSA-AES128-GCM-SHA256");
  StreamPair pair(context_);
  const Handshake done = shake_hands(context_, pair, *world_.server, *world_.client);
  ASSERT_FALSE(*done.server);
  EXPECT_THAT(done.server->error().text, StartsWith("the client offers no cipher that we accept"));
}

TEST_F(HandshakeTest, AcceptsAlpnSmtpAndRefusesHttp) {
  const unsigned char smtp[] = "\x08http/1.1\x04smtp";
  SSL_CTX_set_alpn_protos(world_.client->native(), smtp, sizeof(smtp) - 1);
  StreamPair pair(context_);
  EXPECT_TRUE(*shake_hands(context_, pair, *world_.server, *world_.client).server);

  const unsigned char web[] = "\x02h2\x08http/1.1";
  SSL_CTX_set_alpn_protos(world_.client->native(), web, sizeof(web) - 1);
  StreamPair other(context_);
  const Handshake done = shake_hands(context_, other, *world_.server, *world_.client);
  ASSERT_FALSE(*done.server);
  EXPECT_EQ(done.server->error().text, "the client asked (by ALPN) for another protocol than SMTP");
  EXPECT_EQ(done.client->error().text, "the server does not speak SMTP here (ALPN)");
}

TEST_F(HandshakeTest, SaysWhyAClientRejectedTheCertificate) {
  const ClientTlsContext stranger = TlsWorld::make_client({});  // the system's roots do not know the test authority
  StreamPair pair(context_);
  const Handshake done = shake_hands(context_, pair, *world_.server, stranger);
  ASSERT_FALSE(*done.client);
  EXPECT_EQ(done.client->error().text,
            "unknown issuer \"Test Authority\": the server sent no intermediate certificate, or the issuer is not "
            "trusted here");
  ASSERT_FALSE(*done.server);
  EXPECT_THAT(done.server->error().text,
              StartsWith("the client rejected our certificate: it does not know the issuer"));
  EXPECT_TRUE(pair.client->peer_certificate().is_present) << "what was refused can still be shown";
  EXPECT_FALSE(pair.client->peer_certificate().is_verified);
}

TEST_F(HandshakeTest, RefusesAnotherHostsCertificateAndListsItsNames) {
  StreamPair pair(context_);
  const Handshake done = shake_hands(context_, pair, *world_.server, *world_.client, "other.example.com");
  ASSERT_FALSE(*done.client);
  EXPECT_EQ(done.client->error().text, "the certificate is for mail.example.com, 127.0.0.1, not other.example.com");
}

TEST_F(HandshakeTest, RefusesACommonNameAndPartialWildcards) {
  for (const char* alternatives : {"", "DNS:m*.example.com", "DNS:*.com"}) {
    const TlsWorld world({.alternatives = alternatives});
    StreamPair pair(context_);
    EXPECT_FALSE(*shake_hands(context_, pair, *world.server, *world.client).client) << alternatives;
  }
  const TlsWorld world({.alternatives = "DNS:*.example.com"});
  StreamPair pair(context_);
  EXPECT_TRUE(*shake_hands(context_, pair, *world.server, *world.client).client);
}

TEST_F(HandshakeTest, RefusesAnExpiredCertificateAndSaysSinceWhen) {
  const TlsWorld world({.begins_in_days = -30, .ends_in_days = -3});
  StreamPair pair(context_);
  const Handshake done = shake_hands(context_, pair, *world.server, *world.client);
  ASSERT_FALSE(*done.client);
  EXPECT_THAT(done.client->error().text, testing::MatchesRegex("the certificate expired on 20[0-9-]+, 2 days ago"));
  EXPECT_THAT(done.server->error().text, StartsWith("the client rejected our certificate: it has expired"));
}

TEST_F(HandshakeTest, RefusesASelfSignedCertificateButGoesOnWhereAnythingIsBetterThanClearText) {
  const X509Ptr own = make_certificate({}, world_.key.get(), nullptr, nullptr);
  world_.directory.write("cert.pem", pem_of(own.get()));
  const ServerTlsContext server = world_.load_server("l");
  StreamPair pair(context_);
  const Handshake refused = shake_hands(context_, pair, server, *world_.client);
  ASSERT_FALSE(*refused.client);
  EXPECT_EQ(refused.client->error().text, "self-signed certificate");

  const ClientTlsContext opportunistic = TlsWorld::make_client({.ca_file = {}, .verifies = false});
  StreamPair other(context_);
  ASSERT_TRUE(*shake_hands(context_, other, server, opportunistic).client);
  EXPECT_FALSE(other.client->peer_certificate().is_verified);
  EXPECT_EQ(other.client->peer_certificate().verification_text, "self-signed certificate");
}

TEST_F(HandshakeTest, TellsAStarttlsPortFromATlsPort) {
  StreamPair pair(context_);
  std::optional<Result<TlsFacts>> connected;
  std::optional<Result<void>> written;
  run(context_, write_all(&*pair.server, "220 mail.example.com ESMTP\r\n", &written));
  pair.client->expires_at(steady_now() + 10s);
  run(context_, connect_tls(&*pair.client, &*world_.client, "mail.example.com", &connected), shut_down(&*pair.server));
  ASSERT_FALSE(*connected);
  EXPECT_EQ(connected->error().text,
            "the server spoke plain text first: \"220 mail.example.com ESMTP\"; this port wants STARTTLS, not TLS from "
            "the first byte");
}

TEST_F(HandshakeTest, ForbidsRenegotiationCompressionEarlyDataAndTheSessionCache) {
  EXPECT_NE(SSL_CTX_get_options(world_.server->native()) & SSL_OP_NO_RENEGOTIATION, 0U);
  EXPECT_NE(SSL_CTX_get_options(world_.server->native()) & SSL_OP_NO_COMPRESSION, 0U);
  EXPECT_EQ(SSL_CTX_get_options(world_.server->native()) & SSL_OP_IGNORE_UNEXPECTED_EOF, 0U);
  EXPECT_EQ(SSL_CTX_get_session_cache_mode(world_.server->native()), SSL_SESS_CACHE_OFF);
  EXPECT_EQ(SSL_CTX_get_max_early_data(world_.server->native()), 0U);
}

SessionPtr session_of(int version) {
  SessionPtr session(SSL_SESSION_new());
  SSL_SESSION_set_protocol_version(session.get(), version);
  return session;
}

TEST(ClientSessionsTest, KeepsABoundedNumberAndGivesATls13SessionOnce) {
  ClientSessions sessions;
  for (std::size_t i = 0; i <= kClientSessionsMax; ++i) sessions.put(std::to_string(i), session_of(TLS1_3_VERSION));
  EXPECT_EQ(sessions.size(), kClientSessionsMax);
  const std::string last = std::to_string(kClientSessionsMax);
  EXPECT_TRUE(sessions.take(last));
  EXPECT_FALSE(sessions.take(last));
  sessions.put(last, session_of(TLS1_2_VERSION));
  EXPECT_TRUE(sessions.take(last));
  EXPECT_TRUE(sessions.take(last));
}

TEST(TlsFailure, KeepsOpensslsWordsForWhatIsNotInTheTable) {
  EXPECT_EQ(explain_tls_failure(ERR_PACK(ERR_LIB_SSL, 0, SSL_R_BAD_LENGTH), TlsSide::kServer),
            "TLS failed: bad length");
  EXPECT_EQ(explain_tls_failure(0, TlsSide::kServer), "TLS failed: no further reason");
}

}  // namespace
}  // namespace sealpost::net
