// STARTTLS and AUTH from the client's side.
#include <gtest/gtest.h>

#include "base/base64.h"
#include "smtp/client/client_dialogue.h"

namespace sealpost::smtp {
namespace {

using Stage = ClientClosed::Stage;
using testing::ClientDialogue;
using testing::make_envelope;

ClientOptions options_with(StartTlsPolicy starttls, std::string username = "") {
  ClientOptions options;
  options.helo_name = "me";
  options.starttls = starttls;
  options.username = std::move(username);
  options.password = SecretString("secret");
  return options;
}

TEST(ClientStartTls, ForgetsWhatWasSaidInClearAndStartsAgain) {
  ClientDialogue d(options_with(StartTlsPolicy::kRequired), false, 1);
  d.server("220 hi\r\n250-mx\r\n250-PIPELINING\r\n250 STARTTLS\r\n");
  EXPECT_EQ(d.take_sent(), "EHLO me\r\nSTARTTLS\r\n");
  d.server("220 2.0.0 go\r\n");
  EXPECT_EQ(d.waits_for(), "handshake");
  d.secured();
  EXPECT_EQ(d.take_sent(), "EHLO me\r\n");
  EXPECT_FALSE(d.session().extensions().has_pipelining);
  EXPECT_TRUE(d.session().tls());
  d.server("250-mx\r\n250 STARTTLS\r\n");
  EXPECT_EQ(d.waits_for(), "ready");
}

TEST(ClientStartTls, TakesAnyOctetBehindTheGoAheadForAnInjection) {
  const std::string go_ahead = "220 go\r\n";
  for (const std::string& injected :
       {std::string("2"), std::string("250 mx\r\n"), std::string("\r\n"), std::string(1, '\0')}) {
    ClientDialogue d(options_with(StartTlsPolicy::kIfOffered), false, 100'000);
    d.server("220 hi\r\n");
    d.server("250-mx\r\n250 STARTTLS\r\n");
    d.take_sent();
    d.server(go_ahead + injected);
    EXPECT_EQ(d.waits_for(), "closed");
    EXPECT_EQ(d.closed().stage, Stage::kStartTls);
    EXPECT_EQ(d.closed().text, "plaintext behind the server's answer to STARTTLS: possible injection");
    EXPECT_EQ(d.take_sent(), "");
  }
}

TEST(ClientStartTls, SaysNothingAboutAMessageWhenTlsIsRequiredAndMissing) {
  ClientDialogue missing(options_with(StartTlsPolicy::kRequired), false, 1);
  missing.server("220 hi\r\n250 mx\r\n");
  EXPECT_EQ(missing.take_sent(), "EHLO me\r\nQUIT\r\n");
  EXPECT_EQ(missing.closed().text, "the server does not offer STARTTLS");
  EXPECT_FALSE(missing.closed().is_permanent);
  ClientDialogue refused(options_with(StartTlsPolicy::kRequired), false, 1);
  refused.server("220 hi\r\n250-mx\r\n250 STARTTLS\r\n454 4.7.0 not now\r\n");
  EXPECT_EQ(refused.take_sent(), "EHLO me\r\nSTARTTLS\r\nQUIT\r\n");
  EXPECT_EQ(refused.closed().stage, Stage::kStartTls);
  ClientDialogue old(options_with(StartTlsPolicy::kRequired), false, 1);
  old.server("220 hi\r\n500 what\r\n250 mx\r\n");
  EXPECT_EQ(old.closed().stage, Stage::kStartTls);
}

TEST(ClientStartTls, GoesOnInClearWhenThatIsAllowed) {
  ClientDialogue d(options_with(StartTlsPolicy::kIfOffered), false, 1);
  d.server("220 hi\r\n250-mx\r\n250 STARTTLS\r\n454 4.7.0 not now\r\n");
  EXPECT_EQ(d.waits_for(), "ready");
  ClientDialogue never(options_with(StartTlsPolicy::kNever), false, 1);
  never.server("220 hi\r\n250-mx\r\n250 STARTTLS\r\n");
  EXPECT_EQ(never.waits_for(), "ready");
}

TEST(ClientStartTls, TakesNoOther2xxForTheGoAhead) {
  ClientDialogue d(options_with(StartTlsPolicy::kRequired), false, 1);
  d.server("220 hi\r\n250-mx\r\n250 STARTTLS\r\n250 ok\r\n");
  EXPECT_EQ(d.waits_for(), "closed");
}

TEST(ClientAuth, PrefersPlainWithInitialResponse) {
  ClientDialogue d(options_with(StartTlsPolicy::kNever, "ann"), true, 1);
  d.server("220 hi\r\n250-mx\r\n250 AUTH LOGIN PLAIN\r\n");
  EXPECT_EQ(d.take_sent(), "EHLO me\r\nAUTH PLAIN " + base64_encode(std::string_view("\0ann\0secret", 11)) + "\r\n");
  d.server("235 2.7.0 welcome\r\n");
  EXPECT_EQ(d.waits_for(), "ready");
  EXPECT_EQ(d.watched(),
            "S: 220 hi\nC: EHLO me\nS: 250-mx\nS: 250 AUTH LOGIN PLAIN\nC: AUTH PLAIN ***\nS: 235 2.7.0 welcome\n");
  const Envelope envelope = make_envelope("ann@example.com", {"bob@example.org"});
  d.begin({&envelope, {5}, false});
  EXPECT_EQ(d.take_sent(), "MAIL FROM:<ann@example.com> AUTH=<>\r\n");
}

TEST(ClientAuth, WaitsForTheChallengeWhenTheResponseIsLong) {
  // "AUTH PLAIN ", 4 * ceil((name + 8) / 3), CRLF: 509 octets with the shorter name, 513 with the longer.
  for (const auto& [name_size, fits] : {std::pair{std::size_t{364}, true}, {365, false}}) {
    ClientDialogue d(options_with(StartTlsPolicy::kNever, std::string(name_size, 'a')), true, 100'000);
    d.server("220 hi\r\n");
    d.take_sent();
    d.server("250-mx\r\n250 AUTH PLAIN\r\n");
    if (fits) {
      EXPECT_LE(d.take_sent().size(), 512u);
      continue;
    }
    EXPECT_EQ(d.take_sent(), "AUTH PLAIN\r\n");
    d.server("334 \r\n");
    EXPECT_EQ(d.take_sent(),
              base64_encode(std::string(1, '\0') + std::string(name_size, 'a') + std::string("\0secret", 7)) + "\r\n");
    d.server("235 ok\r\n");
    EXPECT_EQ(d.waits_for(), "ready");
  }
}

TEST(ClientAuth, SpeaksLoginWhenPlainIsNotOffered) {
  ClientDialogue d(options_with(StartTlsPolicy::kNever, "ann"), true, 1);
  d.server("220 hi\r\n250-mx\r\n250 AUTH LOGIN\r\n");
  d.take_sent();
  d.server("334 VXNlcm5hbWU6\r\n");
  EXPECT_EQ(d.take_sent(), base64_encode("ann") + "\r\n");
  d.server("334 UGFzc3dvcmQ6\r\n");
  EXPECT_EQ(d.take_sent(), base64_encode("secret") + "\r\n");
  d.server("235 2.7.0 welcome\r\n");
  EXPECT_EQ(d.waits_for(), "ready");
  EXPECT_EQ(d.watched().find(base64_encode("secret")), std::string::npos);
}

TEST(ClientAuth, UsesTheMechanismItWasToldToUseOrNone) {
  ClientOptions login = options_with(StartTlsPolicy::kNever, "ann");
  login.mechanism = "LOGIN";
  ClientDialogue d(login, true, 1);
  d.server("220 hi\r\n250-mx\r\n250 AUTH PLAIN LOGIN\r\n");
  EXPECT_EQ(d.take_sent(), "EHLO me\r\nAUTH LOGIN\r\n");
  ClientDialogue without(login, true, 1);
  without.server("220 hi\r\n250-mx\r\n250 AUTH PLAIN\r\n");
  EXPECT_EQ(without.closed().text, "the server does not offer AUTH with LOGIN");
}

TEST(ClientAuth, NeverSendsAPasswordInClear) {
  ClientDialogue d(options_with(StartTlsPolicy::kIfOffered, "ann"), false, 1);
  d.server("220 hi\r\n250-mx\r\n250 AUTH PLAIN\r\n");
  EXPECT_EQ(d.take_sent(), "EHLO me\r\nQUIT\r\n");
  EXPECT_EQ(d.closed().stage, Stage::kAuth);
  EXPECT_EQ(d.closed().text, "the password is not sent over a connection without TLS");
  ClientOptions insecure = options_with(StartTlsPolicy::kNever, "ann");
  insecure.may_auth_without_tls = true;
  ClientDialogue allowed(insecure, false, 1);
  allowed.server("220 hi\r\n250-mx\r\n250 AUTH PLAIN\r\n235 ok\r\n");
  EXPECT_EQ(allowed.waits_for(), "ready");
}

TEST(ClientAuth, EndsTheSessionWhenTheLoginIsRefused) {
  ClientDialogue d(options_with(StartTlsPolicy::kNever, "ann"), true, 1);
  d.server("220 hi\r\n250-mx\r\n250 AUTH PLAIN\r\n535 5.7.8 wrong\r\n");
  EXPECT_TRUE(d.take_sent().ends_with("QUIT\r\n"));
  EXPECT_EQ(d.closed().stage, Stage::kAuth);
  EXPECT_EQ(d.closed().reply->code, 535);
  EXPECT_TRUE(d.closed().is_permanent);
}

TEST(ClientAuth, TakesNothingBut235AtTheEndForSuccess) {
  for (const std::string reply :
       {"250 ok\r\n", "354 go\r\n", "334 more\r\n501 cancelled\r\n", "334 more\r\n235 ok\r\n", "334 a\r\n334 b\r\n"}) {
    ClientDialogue d(options_with(StartTlsPolicy::kNever, "ann"), true, 1);
    d.server("220 hi\r\n250-mx\r\n250 AUTH PLAIN\r\n" + reply);
    EXPECT_EQ(d.waits_for(), "closed") << reply;
  }
  ClientDialogue login(options_with(StartTlsPolicy::kNever, "ann"), true, 1);
  login.server("220 hi\r\n250-mx\r\n250 AUTH LOGIN\r\n235 without asking\r\n");
  EXPECT_EQ(login.waits_for(), "closed");
}

}  // namespace
}  // namespace sealpost::smtp
