// The table of replies. The fixed ones are built once and handed out by reference.
#include "smtp/reply_catalogue.h"

#include <string>

#include <fmt/format.h>

#include "base/assert.h"

namespace sealpost::smtp::catalogue {

namespace {
constexpr EnhancedCode kNone{};
}

// One line per reply: its function, its code, its enhanced code, its text.
#define SEALPOST_REPLY(name, code, enhanced_class, subject, detail, text)                  \
  const Reply& name() {                                                                    \
    static const Reply reply{code, EnhancedCode{enhanced_class, subject, detail}, (text)}; \
    return reply;                                                                          \
  }

// clang-format off
// --- The session
SEALPOST_REPLY(ok, 250, 2, 0, 0, "Ok")
SEALPOST_REPLY(bye, 221, 2, 0, 0, "Bye")
SEALPOST_REPLY(help, 214, 2, 0, 0, "Commands: EHLO HELO STARTTLS AUTH MAIL RCPT DATA BDAT RSET NOOP VRFY HELP QUIT")
SEALPOST_REPLY(cannot_verify, 252, 2, 5, 0, "Addresses are not verified here; send the message and delivery will be attempted")
SEALPOST_REPLY(starttls_go_ahead, 220, 2, 0, 0, "TLS go ahead")
SEALPOST_REPLY(unknown_command, 500, 5, 5, 2, "Command not recognized")
SEALPOST_REPLY(line_too_long, 500, 5, 5, 2, "Line too long")
SEALPOST_REPLY(command_not_implemented, 502, 5, 5, 1, "Command not implemented")
SEALPOST_REPLY(nested_mail, 503, 5, 5, 1, "A transaction is open already; finish it or send RSET first")
SEALPOST_REPLY(bdat_outstanding, 503, 5, 5, 1, "More chunks are expected; send BDAT or RSET")
SEALPOST_REPLY(tls_already_active, 503, 5, 5, 1, "TLS is already active on this connection")
SEALPOST_REPLY(tls_not_available, 454, 4, 7, 0, "TLS is not available due to a temporary reason")
SEALPOST_REPLY(tls_required, 530, 5, 7, 0, "Must issue a STARTTLS command first")
SEALPOST_REPLY(authentication_required, 530, 5, 7, 0, "Authentication required")
SEALPOST_REPLY(too_many_errors, 421, 4, 7, 0, "Too many errors, closing the connection")
SEALPOST_REPLY(shutting_down, 421, 4, 3, 2, "Server is shutting down, please try again later")
SEALPOST_REPLY(timeout, 421, 4, 4, 2, "Timeout, closing the connection")
SEALPOST_REPLY(too_busy, 421, 4, 3, 2, "Too busy now, please try again later")
SEALPOST_REPLY(forbidden_protocol, 421, 4, 7, 0, "This is a mail server, closing the connection")
SEALPOST_REPLY(framing_fault_in_command, 500, 5, 5, 2, "Bare CR, bare LF or NUL; lines end with <CR><LF>. Closing the connection")
SEALPOST_REPLY(framing_fault_in_content, 550, 5, 6, 0, "Message contains a bare CR, bare LF or NUL; lines end with <CR><LF>. Closing the connection")

// --- Syntax of arguments
SEALPOST_REPLY(bad_sender_address, 501, 5, 1, 7, "Bad sender address syntax")
SEALPOST_REPLY(bad_recipient_address, 501, 5, 1, 3, "Bad recipient address syntax")
// RFC 6531 §3.5: a non-ASCII address without SMTPUTF8 is refused with 553 or 550, and X.6.7.
SEALPOST_REPLY(smtputf8_required, 553, 5, 6, 7, "Non-ASCII addresses need SMTPUTF8 with MAIL")
SEALPOST_REPLY(unsupported_parameter, 555, 5, 5, 4, "Unsupported parameter")
SEALPOST_REPLY(bad_parameter, 501, 5, 5, 4, "Malformed parameter")
SEALPOST_REPLY(repeated_parameter, 501, 5, 5, 4, "Parameter given twice")

// --- AUTH
SEALPOST_REPLY(auth_successful, 235, 2, 7, 0, "Authentication successful")
SEALPOST_REPLY(auth_failed, 535, 5, 7, 8, "Authentication credentials invalid")
SEALPOST_REPLY(auth_temporarily_unavailable, 454, 4, 7, 0, "Temporary authentication failure, please try again later")
SEALPOST_REPLY(auth_already_done, 503, 5, 5, 1, "Already authenticated")
SEALPOST_REPLY(auth_during_transaction, 503, 5, 5, 1, "AUTH is not allowed during a transaction; finish it or send RSET first")
SEALPOST_REPLY(auth_not_offered, 503, 5, 5, 1, "Authentication is not offered on this service")
SEALPOST_REPLY(auth_encryption_required, 538, 5, 7, 11, "Encryption required for authentication; issue a STARTTLS command first")
SEALPOST_REPLY(auth_mechanism_unknown, 504, 5, 5, 4, "Authentication mechanism not supported")
SEALPOST_REPLY(auth_cancelled, 501, 5, 7, 0, "Authentication cancelled")
SEALPOST_REPLY(auth_initial_response_not_allowed, 501, 5, 7, 0, "This mechanism takes no initial response")
SEALPOST_REPLY(auth_bad_base64, 501, 5, 5, 2, "Cannot decode the response")
SEALPOST_REPLY(auth_line_too_long, 500, 5, 5, 6, "Authentication exchange line is too long")
SEALPOST_REPLY(too_many_auth_failures, 421, 4, 7, 0, "Too many failed authentications, closing the connection")

// --- The transaction
SEALPOST_REPLY(sender_ok, 250, 2, 1, 0, "Ok")
SEALPOST_REPLY(recipient_ok, 250, 2, 1, 5, "Ok")
SEALPOST_REPLY(start_content, 354, 0, 0, 0, "End data with <CR><LF>.<CR><LF>")
SEALPOST_REPLY(no_valid_recipients, 554, 5, 5, 1, "No valid recipients")
SEALPOST_REPLY(too_many_recipients, 452, 4, 5, 3, "Too many recipients; send the message to the others in another transaction")
SEALPOST_REPLY(message_too_big, 552, 5, 3, 4, "Message size exceeds the limit")
SEALPOST_REPLY(insufficient_storage, 452, 4, 3, 1, "Insufficient system storage, please try again later")
SEALPOST_REPLY(sender_not_owned, 553, 5, 7, 1, "Sender address rejected: not owned by the authenticated user")
SEALPOST_REPLY(relay_denied, 550, 5, 7, 1, "Relay access denied")
SEALPOST_REPLY(no_such_mailbox, 550, 5, 1, 1, "Recipient address rejected: no such mailbox here")
SEALPOST_REPLY(no_route, 550, 5, 1, 2, "This server knows no way to the recipient's domain")
SEALPOST_REPLY(mail_loop, 554, 5, 4, 6, "Too many Received header fields: the message is going round in circles")
SEALPOST_REPLY(policy_refused, 550, 5, 7, 1, "Refused by policy")
SEALPOST_REPLY(policy_unavailable, 451, 4, 3, 0, "Temporary failure while checking the request, please try again later")
SEALPOST_REPLY(cannot_accept_now, 451, 4, 3, 0, "Temporary failure, the message was not accepted; please try again later")

namespace {
SEALPOST_REPLY(hello_first, 503, 5, 5, 1, "Send EHLO first")
SEALPOST_REPLY(mail_first, 503, 5, 5, 1, "Send MAIL first")
SEALPOST_REPLY(rcpt_first, 503, 5, 5, 1, "Send RCPT first")
SEALPOST_REPLY(syntax_ehlo, 501, 5, 5, 4, "Syntax: EHLO hostname")
SEALPOST_REPLY(syntax_helo, 501, 5, 5, 4, "Syntax: HELO hostname")
SEALPOST_REPLY(syntax_mail, 501, 5, 5, 4, "Syntax: MAIL FROM:<address> [parameters]")
SEALPOST_REPLY(syntax_rcpt, 501, 5, 5, 4, "Syntax: RCPT TO:<address> [parameters]")
SEALPOST_REPLY(syntax_data, 501, 5, 5, 4, "Syntax: DATA")
SEALPOST_REPLY(syntax_bdat, 501, 5, 5, 4, "Syntax: BDAT count [LAST]")
SEALPOST_REPLY(syntax_rset, 501, 5, 5, 4, "Syntax: RSET")
SEALPOST_REPLY(syntax_noop, 501, 5, 5, 4, "Syntax: NOOP [text]")
SEALPOST_REPLY(syntax_quit, 501, 5, 5, 4, "Syntax: QUIT")
SEALPOST_REPLY(syntax_vrfy, 501, 5, 5, 4, "Syntax: VRFY address")
SEALPOST_REPLY(syntax_expn, 501, 5, 5, 4, "Syntax: EXPN list")
SEALPOST_REPLY(syntax_help, 501, 5, 5, 4, "Syntax: HELP [command]")
SEALPOST_REPLY(syntax_auth, 501, 5, 5, 4, "Syntax: AUTH mechanism [initial-response]")
SEALPOST_REPLY(syntax_starttls, 501, 5, 5, 4, "Syntax: STARTTLS")
}  // namespace
// clang-format on

#undef SEALPOST_REPLY

const Reply& bad_sequence(Verb needed_first) {
  switch (needed_first) {
    case Verb::kEhlo:
    case Verb::kHelo:
      return hello_first();
    case Verb::kMail:
      return mail_first();
    case Verb::kRcpt:
      return rcpt_first();
    default:
      break;
  }
  SEALPOST_ASSERT(false, "only EHLO, MAIL and RCPT come before something else");
}

const Reply& syntax(Verb verb) {
  switch (verb) {
    case Verb::kEhlo:
      return syntax_ehlo();
    case Verb::kHelo:
      return syntax_helo();
    case Verb::kMail:
      return syntax_mail();
    case Verb::kRcpt:
      return syntax_rcpt();
    case Verb::kData:
      return syntax_data();
    case Verb::kBdat:
      return syntax_bdat();
    case Verb::kRset:
      return syntax_rset();
    case Verb::kNoop:
      return syntax_noop();
    case Verb::kQuit:
      return syntax_quit();
    case Verb::kVrfy:
      return syntax_vrfy();
    case Verb::kExpn:
      return syntax_expn();
    case Verb::kHelp:
      return syntax_help();
    case Verb::kAuth:
      return syntax_auth();
    case Verb::kStartTls:
      return syntax_starttls();
    case Verb::kUnknown:
    case Verb::kForbidden:
      break;
  }
  return unknown_command();
}

// RFC 2034 §3: the greeting, the replies to HELO and EHLO and all 3xx carry no enhanced code.
Reply greeting(std::string_view hostname) { return {220, kNone, fmt::format("{} ESMTP Sealpost", hostname)}; }
Reply hello(std::string_view hostname) { return {250, kNone, std::string(hostname)}; }
// RFC 4954 §4: an empty challenge is "334 " with its space, which every reply line has.
Reply auth_challenge(std::string_view base64) { return {334, kNone, std::string(base64)}; }

Reply chunk_received(std::uint64_t octets) { return {250, {2, 0, 0}, fmt::format("Ok: {} octets received", octets)}; }
Reply queued(QueueId id) { return {250, {2, 0, 0}, fmt::format("Ok: queued as {}", id.to_string())}; }

}  // namespace sealpost::smtp::catalogue
