#include "smtp/parameter_grammar.h"

#include <limits>

#include <gtest/gtest.h>

#include "smtp/reply_catalogue.h"

namespace sealpost::smtp {
namespace {

void expect_mail_refused(std::string_view text, const Reply& reply) {
  const auto parameters = parse_mail_parameters(text);
  ASSERT_FALSE(parameters) << text;
  EXPECT_EQ(parameters.error(), reply) << text;
}

void expect_rcpt_refused(std::string_view text, const Reply& reply, Charset charset = Charset::kAscii) {
  const auto parameters = parse_rcpt_parameters(text, charset);
  ASSERT_FALSE(parameters) << text;
  EXPECT_EQ(parameters.error(), reply) << text;
}

TEST(MailParameters, AreTheDefaultsWhenThereAreNone) {
  EXPECT_EQ(parse_mail_parameters(""), MailParameters());
  EXPECT_EQ(parse_mail_parameters("  "), MailParameters());
}

TEST(MailParameters, AreTakenInAnyOrderAndCase) {
  const MailParameters expected{
      .size = Bytes{1000}, .body = BodyKind::k8bitMime, .is_smtputf8 = true, .ret = Ret::kHeaders, .envid = "QQ+314"};
  EXPECT_EQ(parse_mail_parameters(" SIZE=1000 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=QQ+2B314 AUTH=<>"), expected);
  EXPECT_EQ(parse_mail_parameters("  auth=ann@example.com envid=QQ+2B314 ret=hdrs  smtputf8 body=8bitmime size=1000"),
            expected);
}

TEST(MailParameters, MustBeSetOffBySpace) { expect_mail_refused("SIZE=1", catalogue::bad_parameter()); }

TEST(MailParameters, RefusesUnknownOnesWith555) {
  expect_mail_refused(" XVERP", catalogue::unsupported_parameter());
  expect_mail_refused(" SIZE=1 HOLDFOR=3", catalogue::unsupported_parameter());
  expect_mail_refused(" NOTIFY=NEVER", catalogue::unsupported_parameter());
  EXPECT_EQ(catalogue::unsupported_parameter().code, 555);
}

TEST(MailParameters, RefusesRepeatedOnes) {
  expect_mail_refused(" SIZE=1 SIZE=1", catalogue::repeated_parameter());
  expect_mail_refused(" smtputf8 BODY=7BIT SMTPUTF8", catalogue::repeated_parameter());
}

TEST(MailParameters, RefusesMalformedOnes) {
  for (const char* text : {" =",
                           " =1",
                           " -X=1",
                           " S*ZE=1",
                           " SIZE=",
                           " SIZE",
                           " SIZE=1=2",
                           " SIZE=a",
                           " SIZE=-1",
                           " SIZE=+1",
                           " SIZE=1.0",
                           " BODY",
                           " BODY=",
                           " BODY=9BIT",
                           " SMTPUTF8=",
                           " SMTPUTF8=1",
                           " RET",
                           " RET=ALL",
                           " ENVID",
                           " ENVID=",
                           " ENVID=a+2",
                           " ENVID=a+0D+0Ab",
                           " ENVID=\xC3\xA9",
                           " AUTH",
                           " AUTH=",
                           " AUTH=ann",
                           " AUTH=<ann@example.com>",
                           " AUTH=a+zz@example.com",
                           " SIZE=1\tBODY=7BIT",
                           " SIZE=1\x01",
                           " SIZE=1\xFF",
                           " \x01"}) {
    expect_mail_refused(text, catalogue::bad_parameter());
  }
}

TEST(MailParameters, BinaryMimeIsKnownAndNotSupported) {
  expect_mail_refused(" BODY=BINARYMIME", catalogue::unsupported_parameter());
}

TEST(MailParameters, SizeHasUpTo20DigitsAndSaturates) {
  EXPECT_EQ(parse_mail_parameters(" SIZE=0")->size, Bytes{0});
  EXPECT_EQ(parse_mail_parameters(" SIZE=00000000000000000007")->size, Bytes{7});
  EXPECT_EQ(parse_mail_parameters(" SIZE=18446744073709551615")->size,
            Bytes{std::numeric_limits<std::uint64_t>::max()});
  EXPECT_EQ(parse_mail_parameters(" SIZE=18446744073709551616")->size,
            Bytes{std::numeric_limits<std::uint64_t>::max()});
  EXPECT_EQ(parse_mail_parameters(" SIZE=99999999999999999999")->size,
            Bytes{std::numeric_limits<std::uint64_t>::max()});
  expect_mail_refused(" SIZE=000000000000000000007", catalogue::bad_parameter());
}

TEST(MailParameters, EnvidHasUpTo100Octets) {
  EXPECT_EQ(parse_mail_parameters(" ENVID=" + std::string(100, 'e'))->envid, std::string(100, 'e'));
  expect_mail_refused(" ENVID=" + std::string(101, 'e'), catalogue::bad_parameter());
}

TEST(RcptParameters, ReadsNotify) {
  const auto notify = [](std::string_view text) { return parse_rcpt_parameters(text, Charset::kAscii)->notify; };
  EXPECT_EQ(notify(""), Notify());
  EXPECT_EQ(notify(" NOTIFY=NEVER"), (Notify{.is_given = true}));
  EXPECT_EQ(notify(" notify=success"), (Notify{.is_given = true, .on_success = true}));
  EXPECT_EQ(notify(" NOTIFY=DELAY,FAILURE"), (Notify{.is_given = true, .on_failure = true, .on_delay = true}));
  EXPECT_EQ(notify(" NOTIFY=SUCCESS,FAILURE,DELAY"),
            (Notify{.is_given = true, .on_success = true, .on_failure = true, .on_delay = true}));
}

TEST(RcptParameters, ReadsOrcpt) {
  const auto parameters = parse_rcpt_parameters(" ORCPT=rfc822;ann+2Bx@example.com NOTIFY=NEVER", Charset::kAscii);
  ASSERT_TRUE(parameters);
  EXPECT_EQ(parameters->orcpt, "rfc822;ann+x@example.com");
  EXPECT_TRUE(parse_rcpt_parameters(" ORCPT=utf-8;\u00F6@example.com", Charset::kUtf8));
  expect_rcpt_refused(" ORCPT=utf-8;\u00F6@example.com", catalogue::bad_parameter());
}

TEST(RcptParameters, RefusesMalformedUnknownAndRepeatedOnes) {
  for (const char* text :
       {" NOTIFY", " NOTIFY=", " NOTIFY=ALWAYS", " NOTIFY=NEVER,SUCCESS", " NOTIFY=SUCCESS,NEVER", " NOTIFY=SUCCESS,",
        " NOTIFY=,SUCCESS", " ORCPT", " ORCPT=", " ORCPT=ann@example.com", "NOTIFY=NEVER"}) {
    expect_rcpt_refused(text, catalogue::bad_parameter());
  }
  expect_rcpt_refused(" SIZE=1", catalogue::unsupported_parameter());
  expect_rcpt_refused(" NOTIFY=NEVER NOTIFY=NEVER", catalogue::repeated_parameter());
}

}  // namespace
}  // namespace sealpost::smtp
