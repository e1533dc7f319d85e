#include "smtp/reply_catalogue.h"

#include <vector>

#include <gtest/gtest.h>

namespace sealpost::smtp {
namespace {

TEST(Catalogue, HasTheTextsThatTheProductPromises) {
  EXPECT_EQ(catalogue::greeting("mail.example.com").to_line(), "220 mail.example.com ESMTP Sealpost");
  EXPECT_EQ(catalogue::starttls_go_ahead().to_line(), "220 2.0.0 TLS go ahead");
  EXPECT_EQ(catalogue::auth_challenge("VXNlcm5hbWU6").to_line(), "334 VXNlcm5hbWU6");
  EXPECT_EQ(catalogue::auth_challenge("").to_line(), "334 ");
  EXPECT_EQ(catalogue::auth_successful().to_line(), "235 2.7.0 Authentication successful");
  EXPECT_EQ(catalogue::sender_ok().to_line(), "250 2.1.0 Ok");
  EXPECT_EQ(catalogue::recipient_ok().to_line(), "250 2.1.5 Ok");
  EXPECT_EQ(catalogue::start_content().to_line(), "354 End data with <CR><LF>.<CR><LF>");
  EXPECT_EQ(catalogue::queued(QueueId{0}).to_line(), "250 2.0.0 Ok: queued as 0000000000000");
  EXPECT_EQ(catalogue::chunk_received(86).to_line(), "250 2.0.0 Ok: 86 octets received");
  EXPECT_EQ(catalogue::bye().to_line(), "221 2.0.0 Bye");
  EXPECT_EQ(catalogue::tls_required().to_line(), "530 5.7.0 Must issue a STARTTLS command first");
}

std::vector<Reply> all_fixed() {
  using namespace catalogue;
  return {ok(),
          bye(),
          help(),
          cannot_verify(),
          starttls_go_ahead(),
          unknown_command(),
          line_too_long(),
          command_not_implemented(),
          bad_sequence(Verb::kEhlo),
          bad_sequence(Verb::kMail),
          bad_sequence(Verb::kRcpt),
          nested_mail(),
          bdat_outstanding(),
          tls_already_active(),
          tls_not_available(),
          tls_required(),
          authentication_required(),
          too_many_errors(),
          shutting_down(),
          timeout(),
          too_busy(),
          forbidden_protocol(),
          framing_fault_in_command(),
          framing_fault_in_content(),
          syntax(Verb::kUnknown),
          syntax(Verb::kEhlo),
          syntax(Verb::kHelo),
          syntax(Verb::kMail),
          syntax(Verb::kRcpt),
          syntax(Verb::kData),
          syntax(Verb::kBdat),
          syntax(Verb::kRset),
          syntax(Verb::kNoop),
          syntax(Verb::kQuit),
          syntax(Verb::kVrfy),
          syntax(Verb::kExpn),
          syntax(Verb::kHelp),
          syntax(Verb::kAuth),
          syntax(Verb::kStartTls),
          bad_sender_address(),
          bad_recipient_address(),
          smtputf8_required(),
          unsupported_parameter(),
          bad_parameter(),
          repeated_parameter(),
          auth_successful(),
          auth_failed(),
          auth_temporarily_unavailable(),
          auth_already_done(),
          auth_during_transaction(),
          auth_not_offered(),
          auth_encryption_required(),
          auth_mechanism_unknown(),
          auth_cancelled(),
          auth_initial_response_not_allowed(),
          auth_bad_base64(),
          auth_line_too_long(),
          too_many_auth_failures(),
          sender_ok(),
          recipient_ok(),
          start_content(),
          no_valid_recipients(),
          too_many_recipients(),
          message_too_big(),
          insufficient_storage(),
          sender_not_owned(),
          relay_denied(),
          no_such_mailbox(),
          no_route(),
          mail_loop(),
          policy_refused(),
          policy_unavailable(),
          cannot_accept_now()};
}

TEST(Catalogue, EveryReplyIsOneShortPrintableLine) {
  for (const Reply& reply : all_fixed()) {
    const std::string line = reply.to_line();
    EXPECT_EQ(reply.text.find('\n'), std::string::npos) << line;
    EXPECT_LE(line.size() + 2, 512u) << line;  // RFC 5321 §4.5.3.1.5
    EXPECT_FALSE(reply.text.empty()) << line;
    for (const char octet : line) EXPECT_TRUE(octet >= ' ' && octet <= '~') << line;
  }
}

TEST(Catalogue, TheClassOfTheEnhancedCodeIsTheFirstDigitOfTheCode) {
  for (const Reply& reply : all_fixed()) {
    if (reply.code == 354) {
      EXPECT_TRUE(reply.enhanced_code.is_none());  // RFC 2034 §3: none on 3xx
    } else {
      EXPECT_EQ(reply.enhanced_code.class_, reply.code / 100) << reply.to_line();
    }
  }
}

TEST(Catalogue, SaysWhatComesFirst) {
  EXPECT_EQ(catalogue::bad_sequence(Verb::kEhlo).to_line(), "503 5.5.1 Send EHLO first");
  EXPECT_EQ(catalogue::bad_sequence(Verb::kMail).to_line(), "503 5.5.1 Send MAIL first");
  EXPECT_EQ(catalogue::bad_sequence(Verb::kRcpt).to_line(), "503 5.5.1 Send RCPT first");
}

}  // namespace
}  // namespace sealpost::smtp
