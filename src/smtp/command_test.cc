#include "smtp/command.h"

#include <gtest/gtest.h>

#include "smtp/reply_catalogue.h"

namespace sealpost::smtp {
namespace {

template <class T>
void expect_refused(const Parsed<T>& parsed, const Reply& reply, std::string_view text) {
  ASSERT_FALSE(parsed) << text;
  EXPECT_EQ(parsed.error(), reply) << text;
}

TEST(CommandLine, RecognisesEveryVerbInEitherCase) {
  for (const Verb verb :
       {Verb::kEhlo, Verb::kHelo, Verb::kMail, Verb::kRcpt, Verb::kData, Verb::kBdat, Verb::kRset, Verb::kNoop,
        Verb::kQuit, Verb::kVrfy, Verb::kExpn, Verb::kHelp, Verb::kAuth, Verb::kStartTls}) {
    std::string name(to_string(verb));
    ASSERT_FALSE(name.empty());
    EXPECT_EQ(parse_command_line(name).verb, verb);
    for (char& octet : name) octet = static_cast<char>(octet | 0x20);
    EXPECT_EQ(parse_command_line(name).verb, verb) << name;
    EXPECT_EQ(parse_command_line(name + 'x').verb, Verb::kUnknown) << name;
  }
  EXPECT_EQ(to_string(Verb::kUnknown), "");
  EXPECT_EQ(to_string(Verb::kForbidden), "");
}

TEST(CommandLine, SetsOffTheArgument) {
  const auto argument = [](std::string_view line) { return parse_command_line(line).argument; };
  EXPECT_EQ(argument("EHLO mail.example.com"), "mail.example.com");
  EXPECT_EQ(argument("EHLO   mail.example.com \t "), "mail.example.com");
  EXPECT_EQ(argument("MAIL FROM:<a@b> SIZE=1"), "FROM:<a@b> SIZE=1");
  EXPECT_EQ(argument("RSET"), "");
  EXPECT_EQ(argument("RSET  "), "");
  EXPECT_EQ(parse_command_line("RSET \t").verb, Verb::kRset);
}

TEST(CommandLine, CallsEverythingElseUnknown) {
  for (const char* line : {"", " ", " EHLO x", "EHLO\tx", "LHLO x", "ETRN x", "\xC3\xA9", "DATA\x01", "EH LO",
                           "MAIL:", ".", "STARTTLSX"}) {
    EXPECT_EQ(parse_command_line(line).verb, Verb::kUnknown) << line;
  }
}

TEST(CommandLine, KnowsHttp) {
  for (const char* line : {"GET / HTTP/1.1", "POST / HTTP/1.1", "PUT /x HTTP/1.1", "HEAD / HTTP/1.0",
                           "OPTIONS * HTTP/1.1", "CONNECT mail.example.com:25 HTTP/1.1", "DELETE / HTTP/1.1",
                           "PATCH / HTTP/1.1", "TRACE / HTTP/1.1", "PRI * HTTP/2.0", "get /"}) {
    EXPECT_EQ(parse_command_line(line).verb, Verb::kForbidden) << line;
  }
}

TEST(Hello, TakesWhatClientsCallThemselves) {
  for (const char* text : {"smtp.example.com", "localhost", "[192.0.2.1]", "[IPv6:2001:db8::1]", "DESKTOP_7",
                           "192.0.2.1", "fe80::1%eth0", "a", "under_score.example.com", "[127.0.0.1"}) {
    EXPECT_EQ(parse_hello(Verb::kEhlo, text), text);
  }
  EXPECT_TRUE(parse_hello(Verb::kHelo, std::string(255, 'a')));
}

TEST(Hello, RefusesWhatCouldDisturbAHeader) {
  for (const char* text : {"", "a b", "a(b", "a)b", "<a>", "a\tb", "a\x01", "a;b", "a,b", "a@b", "\"a\"", "a\\b",
                           "b\xC3\xBC"
                           "cher.example"}) {
    expect_refused(parse_hello(Verb::kEhlo, text), catalogue::syntax(Verb::kEhlo), text);
    expect_refused(parse_hello(Verb::kHelo, text), catalogue::syntax(Verb::kHelo), text);
  }
  EXPECT_FALSE(parse_hello(Verb::kHelo, std::string(256, 'a')));
}

TEST(Mail, TakesAPathAndParameters) {
  const auto mail = parse_mail("FROM:<ann@example.com> SIZE=1000 BODY=8BITMIME");
  ASSERT_TRUE(mail);
  EXPECT_EQ(to_path(mail->reverse_path), "<ann@example.com>");
  EXPECT_EQ(mail->parameters.size, Bytes{1000});
  EXPECT_EQ(mail->parameters.body, BodyKind::k8bitMime);
}

TEST(Mail, TakesTheNullPath) {
  const auto mail = parse_mail("FROM:<>");
  ASSERT_TRUE(mail);
  EXPECT_FALSE(mail->reverse_path);
}

TEST(Mail, ToleratesCaseAndSpaceBehindTheColon) {
  for (const char* text :
       {"from:<ann@example.com>", "FROM: <ann@example.com>", "From:   <ann@example.com>", "FROM:<ann@example.com> "}) {
    const auto mail = parse_mail(text);
    ASSERT_TRUE(mail) << text;
    EXPECT_EQ(to_path(mail->reverse_path), "<ann@example.com>");
  }
}

TEST(Mail, RefusesOtherForms) {
  for (const char* text :
       {"", "FROM", "FROM <ann@example.com>", "TO:<ann@example.com>", "<ann@example.com>", "FROM :<ann@example.com>"}) {
    expect_refused(parse_mail(text), catalogue::syntax(Verb::kMail), text);
  }
  for (const char* text : {"FROM:", "FROM:ann@example.com", "FROM:<ann>", "FROM:<ann@example.com", "FROM:<Postmaster>",
                           "FROM:\t<a@b>", "FROM:<j\xF6rg@example.com> SMTPUTF8", "FROM:<j\xF6rg@example.com>"}) {
    expect_refused(parse_mail(text), catalogue::bad_sender_address(), text);
  }
  expect_refused(parse_mail("FROM:<ann@example.com>SIZE=1"), catalogue::bad_parameter(), "no space");
  expect_refused(parse_mail("FROM:<ann@example.com> FOO"), catalogue::unsupported_parameter(), "unknown");
}

TEST(Mail, TakesUnicodeOnlyWithSmtputf8InTheSameCommand) {
  const auto mail = parse_mail("FROM:<j\u00F6rg@b\u00FCcher.example> SMTPUTF8");
  ASSERT_TRUE(mail);
  EXPECT_TRUE(mail->parameters.is_smtputf8);
  expect_refused(parse_mail("FROM:<j\u00F6rg@example.com>"), catalogue::smtputf8_required(), "local part");
  expect_refused(parse_mail("FROM:<ann@b\u00FCcher.example> SIZE=1"), catalogue::smtputf8_required(), "domain");
}

TEST(Rcpt, TakesAPathAndParameters) {
  const auto recipient =
      parse_rcpt("TO:<bob@example.com> NOTIFY=NEVER ORCPT=rfc822;bob@example.com", Charset::kAscii, {});
  ASSERT_TRUE(recipient);
  EXPECT_EQ(recipient->forward_path.to_string(), "bob@example.com");
  EXPECT_TRUE(recipient->parameters.notify.is_given);
  EXPECT_EQ(recipient->parameters.orcpt, "rfc822;bob@example.com");
  EXPECT_TRUE(parse_rcpt("to: <bob@example.com>", Charset::kAscii, {}));
}

TEST(Rcpt, CompletesPostmaster) {
  const auto recipient = parse_rcpt("TO:<Postmaster>", Charset::kAscii, "mail.example.com");
  ASSERT_TRUE(recipient);
  EXPECT_EQ(recipient->forward_path.to_string(), "Postmaster@mail.example.com");
}

TEST(Rcpt, RefusesOtherForms) {
  for (const char* text : {"", "TO", "FROM:<bob@example.com>", "<bob@example.com>"}) {
    expect_refused(parse_rcpt(text, Charset::kAscii, "h.example"), catalogue::syntax(Verb::kRcpt), text);
  }
  for (const char* text : {"TO:", "TO:<>", "TO:bob@example.com", "TO:<bob>", "TO:<bob@>", "TO:<\xFF@example.com>"}) {
    expect_refused(parse_rcpt(text, Charset::kUtf8, "h.example"), catalogue::bad_recipient_address(), text);
  }
  expect_refused(parse_rcpt("TO:<bob@example.com> SIZE=1", Charset::kAscii, {}), catalogue::unsupported_parameter(),
                 "SIZE");
}

TEST(Rcpt, TakesUnicodeOnlyInAnSmtputf8Transaction) {
  EXPECT_TRUE(parse_rcpt("TO:<j\u00F6rg@example.com>", Charset::kUtf8, {}));
  expect_refused(parse_rcpt("TO:<j\u00F6rg@example.com>", Charset::kAscii, {}), catalogue::smtputf8_required(),
                 "ascii");
}

TEST(Bdat, TakesASizeAndLast) {
  const auto expect = [](std::string_view text, std::uint64_t size_octets, bool is_last) {
    const auto bdat = parse_bdat(text);
    ASSERT_TRUE(bdat) << text;
    EXPECT_EQ(bdat->size_octets, size_octets);
    EXPECT_EQ(bdat->is_last, is_last);
  };
  expect("86", 86, false);
  expect("0 LAST", 0, true);
  expect("1000  last", 1000, true);
  expect("18446744073709551615 LAST", 18'446'744'073'709'551'615u, true);
}

TEST(Bdat, RefusesOtherForms) {
  for (const char* text : {"", "LAST", "x", "-1", "+1", "0x10", "1.5", "1 LAST LAST", "1 FIRST", "1LAST",
                           "18446744073709551616", "99999999999999999999", "000000000000000000001", "1,2"}) {
    expect_refused(parse_bdat(text), catalogue::syntax(Verb::kBdat), text);
  }
}

TEST(Auth, TakesAMechanismAndAnInitialResponse) {
  const auto alone = parse_auth("login");
  ASSERT_TRUE(alone);
  EXPECT_EQ(alone->mechanism, "LOGIN");
  EXPECT_FALSE(alone->initial_response);
  const auto with_response = parse_auth("PLAIN AGFubgBzZWNyZXQ=");
  ASSERT_TRUE(with_response);
  ASSERT_TRUE(with_response->initial_response);
  EXPECT_EQ(with_response->initial_response->reveal(), std::string_view("\0ann\0secret", 11));
  const auto with_empty = parse_auth("SCRAM-SHA-256-PLUS =");
  ASSERT_TRUE(with_empty);
  EXPECT_EQ(with_empty->mechanism, "SCRAM-SHA-256-PLUS");
  ASSERT_TRUE(with_empty->initial_response);
  EXPECT_TRUE(with_empty->initial_response->empty());
}

TEST(Auth, RefusesOtherForms) {
  for (const char* text : {"", "PL@IN", "=", "ABCDEFGHIJKLMNOPQRSTU", "PLAIN\tAA=="}) {
    const auto auth = parse_auth(text);
    ASSERT_FALSE(auth) << text;
    EXPECT_EQ(auth.error(), catalogue::syntax(Verb::kAuth)) << text;
  }
  EXPECT_TRUE(parse_auth("ABCDEFGHIJKLMNOPQRST"));
  for (const char* text :
       {"PLAIN !", "PLAIN A", "PLAIN AA=", "PLAIN AA==A", "PLAIN AA== AA==", "PLAIN ==", "PLAIN *"}) {
    const auto auth = parse_auth(text);
    ASSERT_FALSE(auth) << text;
    EXPECT_EQ(auth.error(), catalogue::auth_bad_base64()) << text;
  }
}

TEST(Auth, ReadsResponses) {
  EXPECT_EQ(parse_auth_response("c2VjcmV0")->reveal(), "secret");
  EXPECT_TRUE(parse_auth_response("")->empty());
  const auto cancelled = parse_auth_response("*");
  ASSERT_FALSE(cancelled);
  EXPECT_EQ(cancelled.error(), catalogue::auth_cancelled());
  for (const char* text : {"=", "c2VjcmV0 ", " c2VjcmV0", "c2Vjcm", "**", "c2Vj=mV0"}) {
    const auto response = parse_auth_response(text);
    ASSERT_FALSE(response) << text;
    EXPECT_EQ(response.error(), catalogue::auth_bad_base64()) << text;
  }
}

TEST(PlainArgument, IsForbiddenNeededOrFree) {
  for (const Verb verb : {Verb::kData, Verb::kRset, Verb::kQuit, Verb::kStartTls}) {
    EXPECT_FALSE(check_plain_argument(verb, ""));
    EXPECT_EQ(check_plain_argument(verb, "x"), catalogue::syntax(verb));
  }
  for (const Verb verb : {Verb::kVrfy, Verb::kExpn}) {
    EXPECT_EQ(check_plain_argument(verb, ""), catalogue::syntax(verb));
    EXPECT_FALSE(check_plain_argument(verb, "x"));
  }
  for (const Verb verb : {Verb::kNoop, Verb::kHelp}) {
    EXPECT_FALSE(check_plain_argument(verb, ""));
    EXPECT_FALSE(check_plain_argument(verb, "x"));
  }
}

}  // namespace
}  // namespace sealpost::smtp
