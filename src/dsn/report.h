// Delivery status notifications (RFC 3464, in multipart/report, RFC 6522; RFC 6533 for addresses beyond ASCII): what a
// sender reads when mail fails, waits or arrives. Three parts: plain words for a person, fields for a program, the
// original or its header. Never: a control character or a line of a remote server's making; a promise that was not made
// by the caller.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "dsn/notify.h"
#include "smtp/parameters.h"
#include "smtp/reply.h"

namespace sealpost::dsn {

struct ReportedRecipient {
  std::string final_recipient;     // "bob@example.org", Mailbox::to_string()
  std::string original_recipient;  // ORCPT as parsed, "rfc822;bob@example.org"; empty when absent
  Action action = Action::kFailed;
  smtp::Reply reply;       // the last one; ours when the server never spoke
  std::string remote_mta;  // whose words `reply` is: "mx.example.org"; empty when it is our own
  std::optional<WallTime> last_attempt;
  std::optional<WallTime> will_retry_until;  // of kDelayed
};

struct Report {
  std::string reporting_mta;         // our hostname
  std::string sender;                // the reverse-path of the original, without angle brackets: who gets the report
  std::string original_envelope_id;  // ENVID, decoded; empty when absent
  std::string queue_id;
  std::optional<WallTime> arrived;
  std::vector<ReportedRecipient> recipients;  // at least one
  smtp::Ret ret = smtp::Ret::kUnspecified;
  std::string original;               // the message as stored, or the beginning of it; the caller bounds it
  bool is_original_complete = false;  // false: `original` was cut, and is never returned as a whole message
  WallTime date;
  std::string message_id;             // "<…@…>", of the report
  std::uint64_t boundary_random = 0;  // 64 bits that nobody could guess when the original was written
};

/// The whole message, header and body, CRLF line ends. It needs SMTPUTF8 when `sender` does, and has octets above 127
/// only if addresses, replies or the original have. The whole original is returned only after a failure, on RET=FULL
/// (RFC 3461 §6.1).
std::string make_report(const Report& report);

}  // namespace sealpost::dsn
