#include "smtp/client_session.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "smtp/client/client_dialogue.h"

namespace sealpost::smtp {
namespace {

using Stage = ClientClosed::Stage;
using testing::ClientDialogue;
using testing::make_envelope;

constexpr std::string_view kFullHello =
    "250-mx.example.com\r\n250-PIPELINING\r\n250-SIZE 1000\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 DSN\r\n";

/// Every test that is about a dialogue runs with the server's octets whole, in twos and one by one.
class ClientSessionDialogue : public ::testing::TestWithParam<std::size_t> {
 protected:
  ClientDialogue dialogue(ClientOptions options = {}, std::string_view opening = {}) {
    options.helo_name = "client.example.com";
    return ClientDialogue(options, false, GetParam(), opening);
  }
  /// Behind the hello, which the server answered with `hello`.
  ClientDialogue ready(std::string_view hello = "250 mx.example.com\r\n", ClientOptions options = {}) {
    return dialogue(std::move(options), "220 mx.example.com ESMTP\r\n" + std::string(hello));
  }
};
INSTANTIATE_TEST_SUITE_P(PieceSizes, ClientSessionDialogue, ::testing::Values(100'000, 2, 1));

TEST_P(ClientSessionDialogue, GreetsAndLearnsTheExtensions) {
  ClientDialogue d = dialogue();
  EXPECT_EQ(d.waits_for(), "input");
  EXPECT_EQ(d.take_sent(), "");
  d.server("220-mx.example.com\r\n220 ESMTP\r\n");
  EXPECT_EQ(d.take_sent(), "EHLO client.example.com\r\n");
  d.server(
      "250-mx.example.com at your service\r\n250-Pipelining\r\n250-SIZE 1000\r\n250-AUTH=login plain\r\n250-AUTH PLAIN "
      "X\r\n250 STARTTLS\r\n");
  EXPECT_EQ(d.waits_for(), "ready");
  const ServerExtensions& extensions = d.session().extensions();
  EXPECT_EQ(extensions.hostname, "mx.example.com");
  EXPECT_EQ(extensions.lines.size(), 5u);
  EXPECT_TRUE(extensions.has_pipelining);
  EXPECT_TRUE(extensions.has_starttls);
  EXPECT_FALSE(extensions.has_8bitmime);
  EXPECT_EQ(extensions.size_max, Bytes{1000});
  EXPECT_EQ(extensions.mechanisms, (std::vector<std::string>{"LOGIN", "PLAIN", "X"}));
}

TEST_P(ClientSessionDialogue, FallsBackToHeloWithoutExtensions) {
  ClientDialogue d = dialogue();
  d.server("220 hi\r\n");
  d.take_sent();
  d.server("502 5.5.1 what?\r\n");
  EXPECT_EQ(d.take_sent(), "HELO client.example.com\r\n");
  d.server("250-old.example.com\r\n250 PIPELINING\r\n");
  EXPECT_EQ(d.waits_for(), "ready");
  EXPECT_FALSE(d.session().extensions().has_pipelining);
}

TEST_P(ClientSessionDialogue, ClosesPolitelyWhenTheServerDoesNotWantIt) {
  for (const auto& [greeting, is_permanent] :
       {std::pair{"554 5.7.1 go away\r\n", true}, {"450 4.3.2 later\r\n", false}}) {
    ClientDialogue d = dialogue();
    d.server(greeting);
    EXPECT_EQ(d.take_sent(), "QUIT\r\n");
    EXPECT_EQ(d.waits_for(), "closed");
    EXPECT_EQ(d.closed().stage, Stage::kGreeting);
    EXPECT_EQ(d.closed().is_permanent, is_permanent);
  }
  ClientDialogue d = dialogue();
  d.server("421 4.3.2 busy\r\n");
  EXPECT_EQ(d.take_sent(), "");
  EXPECT_EQ(d.closed().stage, Stage::kGreeting);
  EXPECT_EQ(d.closed().reply->code, 421);
  EXPECT_FALSE(d.session().is_open());
}

TEST_P(ClientSessionDialogue, SendsOneCommandAtATimeWithoutPipelining) {
  ClientDialogue d = ready();
  const Envelope envelope = make_envelope("ann@example.com", {"bob@example.org", "cat@example.org"});
  d.begin({&envelope, {5}, false});
  EXPECT_EQ(d.take_sent(), "MAIL FROM:<ann@example.com>\r\n");
  d.server("250 2.1.0 ok\r\n");
  EXPECT_EQ(d.take_sent(), "RCPT TO:<bob@example.org>\r\n");
  d.server("550 5.1.1 unknown\r\n");
  EXPECT_EQ(d.take_sent(), "RCPT TO:<cat@example.org>\r\n");
  d.server("251 2.1.5 will forward\r\n");
  EXPECT_EQ(d.take_sent(), "DATA\r\n");
  d.server("354 go\r\n");
  EXPECT_EQ(d.waits_for(), "content");
  d.content(".\r\n");
  d.end_of_content();
  EXPECT_EQ(d.take_sent(), "..\r\n.\r\n");
  d.server("250 2.0.0 queued as 1\r\n");
  EXPECT_EQ(d.outcome(), "550 5.1.1 unknown|250 2.0.0 queued as 1");
  EXPECT_EQ(d.waits_for(), "ready");
  d.quit();
  EXPECT_EQ(d.take_sent(), "QUIT\r\n");
  d.server("221 2.0.0 bye\r\n");
  EXPECT_EQ(d.closed().stage, Stage::kNone);
}

TEST_P(ClientSessionDialogue, SendsATransactionInOneGroupWithPipelining) {
  ClientDialogue d = ready(kFullHello);
  Envelope envelope = make_envelope("ann@example.com", {"bob@example.org", "cat@example.org"});
  envelope.parameters.ret = Ret::kHeaders;
  envelope.parameters.envid = "a+b";
  envelope.recipients[0].parameters = {{.is_given = true, .on_failure = true, .on_delay = true},
                                       "rfc822;b=b@example.org"};
  envelope.recipients[1].parameters = {{.is_given = true}, "utf-8;j\\x{F6}rg@example.org"};
  d.begin({&envelope, {900}, true});
  EXPECT_EQ(d.take_sent(),
            "MAIL FROM:<ann@example.com> SIZE=900 BODY=8BITMIME RET=HDRS ENVID=a+2Bb\r\n"
            "RCPT TO:<bob@example.org> NOTIFY=FAILURE,DELAY ORCPT=rfc822;b+3Db@example.org\r\n"
            "RCPT TO:<cat@example.org> NOTIFY=NEVER ORCPT=utf-8;j\\x{F6}rg@example.org\r\n"
            "DATA\r\n");
  d.server("250 ok\r\n250 ok\r\n4");
  EXPECT_EQ(d.waits_for(), "input");
  d.server("52-4.2.2 full\r\n452 4.2.2 really\r\n354 go\r\n");
  EXPECT_EQ(d.waits_for(), "content");
  d.content("hello\r\n");
  d.end_of_content();
  d.server("250 2.0.0 ok\r\n");
  EXPECT_EQ(d.outcome(), "250 2.0.0 ok|452 4.2.2 really");
}

TEST_P(ClientSessionDialogue, SendsManyRecipientsInGroups) {
  ClientDialogue d = ready(kFullHello);
  const Envelope envelope = make_envelope("ann@example.com", std::vector<std::string>(150, "bob@example.org"));
  d.begin({&envelope, {5}, false});
  const std::string first = d.take_sent();
  EXPECT_EQ(std::ranges::count(first, '\n'), 100);
  std::string replies;
  for (int i = 0; i < 100; ++i) replies += "250 ok\r\n";
  d.server(replies);
  const std::string second = d.take_sent();
  EXPECT_EQ(std::ranges::count(second, '\n'), 52);
  EXPECT_TRUE(second.ends_with("DATA\r\n"));
}

TEST_P(ClientSessionDialogue, NeverPipelinesWhenToldNotTo) {
  ClientOptions options;
  options.may_pipeline = false;
  ClientDialogue d = ready(kFullHello, std::move(options));
  const Envelope envelope = make_envelope("ann@example.com", {"bob@example.org"});
  d.begin({&envelope, {5}, false});
  EXPECT_EQ(d.take_sent(), "MAIL FROM:<ann@example.com> SIZE=5\r\n");
}

TEST_P(ClientSessionDialogue, TakesARefusedMailForAllRecipients) {
  ClientDialogue d = ready(kFullHello);
  const Envelope envelope = make_envelope("ann@example.com", {"bob@example.org", "cat@example.org"});
  d.begin({&envelope, {5}, false});
  d.server("550 5.7.1 not you\r\n503 5.5.1 no\r\n250 what\r\n503 5.5.1 no\r\n");
  EXPECT_EQ(d.outcome(), "550 5.7.1 not you|550 5.7.1 not you");
  EXPECT_EQ(d.waits_for(), "ready");
}

TEST_P(ClientSessionDialogue, AnswersAnUnwanted354WithASingleDot) {
  ClientDialogue d = ready(kFullHello);
  const Envelope envelope = make_envelope("ann@example.com", {"bob@example.org"});
  d.begin({&envelope, {5}, false});
  d.take_sent();
  d.server("250 ok\r\n550 5.1.1 unknown\r\n354 go\r\n");
  EXPECT_EQ(d.take_sent(), ".\r\n");
  d.server("250 2.0.0 queued nothing\r\n");
  EXPECT_EQ(d.outcome(), "550 5.1.1 unknown");
}

TEST_P(ClientSessionDialogue, ResetsBeforeTheNextMailWhenDataWasRefused) {
  ClientDialogue d = ready();
  const Envelope envelope = make_envelope("ann@example.com", {"bob@example.org"});
  d.begin({&envelope, {5}, false});
  d.server("250 ok\r\n");
  d.server("250 ok\r\n");
  d.server("451 4.3.0 disk\r\n");
  EXPECT_EQ(d.outcome(), "451 4.3.0 disk");
  d.take_sent();
  d.begin({&envelope, {5}, false});
  EXPECT_EQ(d.take_sent(), "RSET\r\n");
  d.server("250 ok\r\n");
  EXPECT_EQ(d.take_sent(), "MAIL FROM:<ann@example.com>\r\n");
}

TEST_P(ClientSessionDialogue, SendsNoDataWhenAllAreRefusedInTime) {
  ClientDialogue d = ready();
  const Envelope envelope = make_envelope("ann@example.com", {"bob@example.org"});
  d.begin({&envelope, {5}, false});
  d.server("250 ok\r\n");
  d.take_sent();
  d.server("550 5.1.1 unknown\r\n");
  EXPECT_EQ(d.take_sent(), "");
  EXPECT_EQ(d.outcome(), "550 5.1.1 unknown");
  d.begin({&envelope, {5}, false});
  EXPECT_EQ(d.take_sent(), "RSET\r\n");
}

TEST_P(ClientSessionDialogue, ReusesTheConnectionWithoutRset) {
  ClientDialogue d = ready(kFullHello);
  const Envelope envelope = make_envelope("", {"bob@example.org"});
  for (int round = 0; round < 3; ++round) {
    d.begin({&envelope, {5}, false});
    EXPECT_EQ(d.take_sent(), "MAIL FROM:<> SIZE=5\r\nRCPT TO:<bob@example.org>\r\nDATA\r\n");
    d.server("250 ok\r\n250 ok\r\n354 go\r\n");
    d.end_of_content();
    EXPECT_EQ(d.take_sent(), ".\r\n");
    d.server(round == 1 ? "554 5.7.1 spam\r\n" : "250 2.0.0 ok\r\n");
    EXPECT_EQ(d.outcome(), round == 1 ? "554 5.7.1 spam" : "250 2.0.0 ok");
  }
}

TEST_P(ClientSessionDialogue, TakesAnOldFashioned552ForTooManyRecipients) {
  ClientDialogue d = ready(kFullHello);
  const Envelope envelope = make_envelope("ann@example.com", {"a@x.org", "b@x.org", "c@x.org"});
  d.begin({&envelope, {5}, false});
  d.server("250 ok\r\n250 ok\r\n552 too many\r\n552 5.2.2 full\r\n354 go\r\n");
  d.end_of_content();
  d.server("250 ok\r\n");
  EXPECT_EQ(d.outcome(), "250 ok|452 4.5.3 too many|552 5.2.2 full");
}

TEST_P(ClientSessionDialogue, RefusesLocallyWhatTheServerHasSaidItCannotTake) {
  ClientDialogue d = ready("250-mx\r\n250 SIZE 100\r\n");
  Envelope envelope = make_envelope("ann@example.com", {"bob@example.org"});
  d.begin({&envelope, {101}, false});
  EXPECT_EQ(d.take_sent(), "");
  EXPECT_EQ(d.outcome(), "552 5.3.4 The message has 101 octets; mx takes at most 100");
  d.begin({&envelope, {100}, false});
  EXPECT_EQ(d.take_sent(), "MAIL FROM:<ann@example.com> SIZE=100\r\n");
}

TEST_P(ClientSessionDialogue, DoesNotSendInternationalizedMailWithoutSmtputf8) {
  const std::string refusal = "550 5.6.7 mx does not take internationalized mail (SMTPUTF8)";
  ClientDialogue d = ready("250 mx\r\n");
  Envelope mixed = make_envelope("ann@example.com", {"bob@example.org", "j\xC3\xB6rg@example.org"});
  d.begin({&mixed, {5}, false});
  d.server("250 ok\r\n");
  d.server("250 ok\r\n");
  d.server("354 go\r\n");
  d.end_of_content();
  EXPECT_EQ(d.take_sent(), "MAIL FROM:<ann@example.com>\r\nRCPT TO:<bob@example.org>\r\nDATA\r\n.\r\n");
  d.server("250 ok\r\n");
  EXPECT_EQ(d.outcome(), "250 ok|" + refusal);
  Envelope header = make_envelope("ann@example.com", {"bob@example.org"});
  header.parameters.is_smtputf8 = true;
  d.begin({&header, {5}, true});
  EXPECT_EQ(d.outcome(), refusal);
  d.begin({&header, {5}, false});
  EXPECT_EQ(d.take_sent(), "MAIL FROM:<ann@example.com>\r\n");
}

TEST_P(ClientSessionDialogue, AsksForSmtputf8WhenAnAddressNeedsIt) {
  ClientDialogue d = ready(kFullHello);
  Envelope envelope = make_envelope("ann@example.com", {"j\xC3\xB6rg@example.org"});
  d.begin({&envelope, {5}, false});
  EXPECT_TRUE(d.take_sent().starts_with(
      "MAIL FROM:<ann@example.com> SIZE=5 SMTPUTF8\r\nRCPT TO:<j\xC3\xB6rg@example.org>\r\n"));
}

TEST_P(ClientSessionDialogue, KeepsWhatIsDecidedWhenTheServerLeaves) {
  ClientDialogue d = ready(kFullHello);
  const Envelope envelope = make_envelope("ann@example.com", {"a@x.org", "b@x.org", "c@x.org"});
  d.begin({&envelope, {5}, false});
  d.take_sent();
  d.server("250 ok\r\n550 5.1.1 unknown\r\n421 4.3.2 leaving\r\n");
  EXPECT_EQ(d.outcome(), "550 5.1.1 unknown|421 4.3.2 leaving|421 4.3.2 leaving");
  EXPECT_EQ(d.waits_for(), "closed");
  EXPECT_EQ(d.take_sent(), "");
  EXPECT_EQ(d.closed().stage, Stage::kTransaction);
  d.begin({&envelope, {5}, false});
  EXPECT_EQ(d.waits_for(), "closed");
}

TEST_P(ClientSessionDialogue, EndsTheTransactionWhenTheConnectionIsLost) {
  ClientOptions options;
  options.flavour = Flavour::kLmtp;
  ClientDialogue d = ready(kFullHello, std::move(options));
  const Envelope envelope = make_envelope("ann@example.com", {"a@x.org", "b@x.org"});
  d.begin({&envelope, {5}, false});
  d.server("250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n");
  d.end_of_content();
  d.server("250 2.0.0 stored\r\n250 2.");
  d.session().connection_lost({451, {4, 4, 2}, "connection lost"});
  EXPECT_EQ(d.outcome(), "250 2.0.0 stored|451 4.4.2 connection lost");
  EXPECT_EQ(d.waits_for(), "closed");
  EXPECT_EQ(d.closed().text, "connection lost");
  EXPECT_FALSE(d.closed().reply);
}

TEST_P(ClientSessionDialogue, NeverSendsTheFinalDotOfContentThatCannotBeRead) {
  ClientDialogue d = ready(kFullHello);
  const Envelope envelope = make_envelope("ann@example.com", {"a@x.org"});
  d.begin({&envelope, {5}, false});
  d.server("250 ok\r\n250 ok\r\n354 go\r\n");
  d.take_sent();
  d.content("half\r\n");
  EXPECT_EQ(d.take_sent(), "half\r\n");
  d.session().abort_content();
  EXPECT_EQ(d.outcome(), "451 4.3.0 The content of the message could not be read");
  EXPECT_EQ(d.take_sent(), "");
  EXPECT_EQ(d.waits_for(), "closed");
}

TEST_P(ClientSessionDialogue, LetsNoBareLineEndOut) {
  for (const std::string_view content : {"a\nb\r\n", "a\rb\r\n", "a\r\n\r", "a\r\n.\n.\r\n"}) {
    ClientDialogue d = ready(kFullHello);
    const Envelope envelope = make_envelope("ann@example.com", {"a@x.org"});
    d.begin({&envelope, {5}, false});
    d.server("250 ok\r\n250 ok\r\n354 go\r\n");
    d.take_sent();
    d.content(content);
    if (d.waits_for() == "content") d.end_of_content();
    EXPECT_EQ(d.outcome(), "554 5.6.0 The content has a CR or LF that stands alone");
    EXPECT_EQ(d.take_sent().find(".\r\n"), std::string::npos);
    EXPECT_EQ(d.waits_for(), "closed");
    EXPECT_FALSE(d.closed().is_permanent);
  }
}

TEST_P(ClientSessionDialogue, TakesOneReplyPerRecipientWithLmtp) {
  ClientOptions options;
  options.flavour = Flavour::kLmtp;
  ClientDialogue d = dialogue(std::move(options));
  d.server("220 lmtp\r\n");
  EXPECT_EQ(d.take_sent(), "LHLO client.example.com\r\n");
  d.server("250-lmtp\r\n250 PIPELINING\r\n");
  const Envelope envelope = make_envelope("ann@example.com", {"a@x.org", "b@x.org", "c@x.org"});
  d.begin({&envelope, {5}, false});
  d.server("250 ok\r\n250 ok\r\n550 5.1.1 unknown\r\n250 ok\r\n354 go\r\n");
  d.content("x\r\n");
  d.end_of_content();
  d.server("250 2.0.0 stored\r\n");
  EXPECT_EQ(d.waits_for(), "input");
  d.server("452 4.2.2 full\r\n");
  EXPECT_EQ(d.outcome(), "250 2.0.0 stored|550 5.1.1 unknown|452 4.2.2 full");
  EXPECT_EQ(d.waits_for(), "ready");
}

TEST_P(ClientSessionDialogue, EndsALmtpSessionThatWantsContentForNobody) {
  ClientOptions options;
  options.flavour = Flavour::kLmtp;
  ClientDialogue d = ready(kFullHello, std::move(options));
  const Envelope envelope = make_envelope("ann@example.com", {"a@x.org"});
  d.begin({&envelope, {5}, false});
  d.server("250 ok\r\n550 5.1.1 unknown\r\n354 go\r\n");
  EXPECT_EQ(d.outcome(), "550 5.1.1 unknown");
  EXPECT_EQ(d.waits_for(), "closed");
}

TEST_P(ClientSessionDialogue, TakesARefusalInTheMiddleOfTheContentForFinal) {
  ClientDialogue d = ready(kFullHello);
  const Envelope envelope = make_envelope("ann@example.com", {"a@x.org"});
  d.begin({&envelope, {5}, false});
  d.server("250 ok\r\n250 ok\r\n354 go\r\n");
  d.content("x\r\n");
  d.server("552 5.3.4 too big\r\n");
  EXPECT_EQ(d.outcome(), "552 5.3.4 too big");
  EXPECT_EQ(d.waits_for(), "closed");
}

TEST_P(ClientSessionDialogue, TrustsNoServerThatSpeaksOutOfTurn) {
  ClientDialogue d = ready(kFullHello);
  const Envelope envelope = make_envelope("ann@example.com", {"a@x.org"});
  d.begin({&envelope, {5}, false});
  // The second 250 would otherwise be taken for the answer to the content.
  d.server("250 ok\r\n250 ok\r\n354 go\r\n250 2.0.0 ok\r\n");
  EXPECT_EQ(d.outcome(), "451 4.5.0 the server spoke out of turn: 250 2.0.0 ok");
  EXPECT_EQ(d.waits_for(), "closed");
}

TEST_P(ClientSessionDialogue, EndsAfterAMalformedReply) {
  ClientDialogue d = ready(kFullHello);
  const Envelope envelope = make_envelope("ann@example.com", {"a@x.org"});
  d.begin({&envelope, {5}, false});
  d.take_sent();
  d.server("250 ok\r\n250 ok\n354 go\r\n");
  EXPECT_EQ(d.outcome(), "451 4.5.0 the server sent a reply line that ends in LF without CR");
  EXPECT_EQ(d.take_sent(), "");
  EXPECT_EQ(d.waits_for(), "closed");
}

TEST_P(ClientSessionDialogue, ClosesWhenAnIdleServerSaysGoodbye) {
  ClientDialogue d = ready(kFullHello);
  d.server("421 4.4.2 timeout\r\n");
  EXPECT_EQ(d.waits_for(), "closed");
  EXPECT_EQ(d.closed().reply->code, 421);
}

}  // namespace
}  // namespace sealpost::smtp
