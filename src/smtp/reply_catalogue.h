// Every reply the server side can give, in one place (RFC 5321 §4.2.3, RFC 3463, RFC 4954 §6, RFC 2034). Codes are the
// field's customary ones, so that clients and their users meet what they know; texts say what to do. Never: anything
// internal, or octets the peer sent.
#pragma once
#include <cstdint>
#include <string_view>

#include "base/queue_id.h"
#include "smtp/command.h"
#include "smtp/reply.h"

namespace sealpost::smtp::catalogue {

// --- The session
Reply greeting(std::string_view hostname);  // 220 hostname ESMTP Sealpost
Reply hello(std::string_view hostname);     // 250 hostname, to HELO; the EHLO reply is made by extension.h
const Reply& ok();                          // 250 2.0.0 Ok, to NOOP and RSET
const Reply& bye();                         // 221 2.0.0 Bye
const Reply& help();                        // 214 2.0.0
const Reply& cannot_verify();               // 252 2.5.0, to VRFY
const Reply& starttls_go_ahead();           // 220 2.0.0 TLS go ahead
const Reply& unknown_command();             // 500 5.5.2
const Reply& line_too_long();               // 500 5.5.2
const Reply& command_not_implemented();     // 502 5.5.1, to EXPN
/// 503 5.5.1 with a sentence that says what comes first: kEhlo, kMail, kRcpt.
const Reply& bad_sequence(Verb needed_first);
const Reply& nested_mail();               // 503 5.5.1, MAIL inside a transaction
const Reply& bdat_outstanding();          // 503 5.5.1, something else than BDAT, RSET, NOOP, QUIT between chunks
const Reply& tls_already_active();        // 503 5.5.1, STARTTLS under TLS
const Reply& tls_not_available();         // 454 4.7.0
const Reply& tls_required();              // 530 5.7.0 Must issue a STARTTLS command first
const Reply& authentication_required();   // 530 5.7.0
const Reply& too_many_errors();           // 421 4.7.0
const Reply& shutting_down();             // 421 4.3.2
const Reply& timeout();                   // 421 4.4.2
const Reply& too_busy();                  // 421 4.3.2, in place of a greeting
const Reply& forbidden_protocol();        // 421 4.7.0, HTTP or a TLS handshake spoken to us
const Reply& framing_fault_in_command();  // 500 5.5.2, bare CR, bare LF or NUL; the session closes
const Reply& framing_fault_in_content();  // 550 5.6.0, the same within content; the session closes

// --- Syntax of arguments
const Reply& syntax(Verb verb);        // 501 5.5.4 "Syntax: MAIL FROM:<address>" and so on for each verb
const Reply& bad_sender_address();     // 501 5.1.7
const Reply& bad_recipient_address();  // 501 5.1.3
const Reply& smtputf8_required();      // 553 5.6.7
const Reply& unsupported_parameter();  // 555 5.5.4
const Reply& bad_parameter();          // 501 5.5.4, known, and its value is malformed
const Reply& repeated_parameter();     // 501 5.5.4

// --- AUTH (RFC 4954 §4, §6)
Reply auth_challenge(std::string_view base64);     // 334
const Reply& auth_successful();                    // 235 2.7.0 Authentication successful
const Reply& auth_failed();                        // 535 5.7.8, the same for an unknown account and a wrong password
const Reply& auth_temporarily_unavailable();       // 454 4.7.0
const Reply& auth_already_done();                  // 503 5.5.1
const Reply& auth_during_transaction();            // 503 5.5.1
const Reply& auth_not_offered();                   // 503 5.5.1, on a service without AUTH
const Reply& auth_encryption_required();           // 538 5.7.11
const Reply& auth_mechanism_unknown();             // 504 5.5.4
const Reply& auth_cancelled();                     // 501 5.7.0
const Reply& auth_initial_response_not_allowed();  // 501 5.7.0
const Reply& auth_bad_base64();                    // 501 5.5.2, also a response that breaks the mechanism's grammar
const Reply& auth_line_too_long();                 // 500 5.5.6
const Reply& too_many_auth_failures();             // 421 4.7.0

// --- The transaction
const Reply& sender_ok();                    // 250 2.1.0 Ok
const Reply& recipient_ok();                 // 250 2.1.5 Ok
const Reply& start_content();                // 354 End data with <CR><LF>.<CR><LF>
Reply chunk_received(std::uint64_t octets);  // 250 2.0.0 Ok: N octets received
Reply queued(QueueId id);                    // 250 2.0.0 Ok: queued as ID
const Reply& no_valid_recipients();          // 554 5.5.1
const Reply& too_many_recipients();          // 452 4.5.3
const Reply& message_too_big();              // 552 5.3.4
const Reply& insufficient_storage();         // 452 4.3.1
const Reply& sender_not_owned();             // 553 5.7.1, the account may not use this sender address
const Reply& relay_denied();                 // 550 5.7.1; RFC 5321 §4.3.2 knows no 554 for RCPT
const Reply& no_such_mailbox();              // 550 5.1.1
const Reply& no_route();                     // 550 5.1.2
const Reply& mail_loop();                    // 554 5.4.6, RFC 5321 §6.3
const Reply& policy_refused();               // 550 5.7.1
const Reply& policy_unavailable();           // 451 4.3.0, the rules could not be evaluated
const Reply& cannot_accept_now();            // 451 4.3.0, the message could not be made durable

}  // namespace sealpost::smtp::catalogue
