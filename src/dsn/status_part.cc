// Field by field, in the order of RFC 3464.
#include "dsn/status_part.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/utf8.h"

namespace sealpost::dsn {

namespace {

std::string_view action_word(Action action) {
  switch (action) {
    case Action::kFailed:
      return "failed";
    case Action::kDelayed:
      return "delayed";
    case Action::kDelivered:
      return "delivered";
    case Action::kRelayed:
      return "relayed";
  }
  return "";
}

/// RFC 3464 §2.3.4: Status is required; a reply without an enhanced code gives "class.0.0", other or undefined status
/// (RFC 3463 §3.1).
std::string status_of(const ReportedRecipient& recipient) {
  if (!recipient.reply.enhanced_code.is_none()) return recipient.reply.enhanced_code.to_string();
  if (recipient.action == Action::kDelivered || recipient.action == Action::kRelayed) return "2.0.0";
  const bool is_transient = recipient.action == Action::kDelayed || recipient.reply.is_transient_failure();
  return is_transient ? "4.0.0" : "5.0.0";
}

/// RFC 3464 §2.3.2, RFC 6533 §3: "rfc822; bob@example.org", "utf-8; jörg@example.org".
std::string typed_address(const std::string& address) {
  return fmt::format("{}; {}", is_ascii(address) ? "rfc822" : "utf-8", one_line(address, Text::kUtf8));
}

std::string recipient_fields(const ReportedRecipient& recipient, Text kind) {
  std::string fields = "\r\n";
  if (!recipient.original_recipient.empty())
    fields += field("Original-Recipient", one_line(recipient.original_recipient, kind, 600));
  fields += field("Final-Recipient", typed_address(recipient.final_recipient));
  fields += field("Action", action_word(recipient.action));
  fields += field("Status", status_of(recipient));
  if (!recipient.remote_mta.empty())
    fields += field("Remote-MTA", "dns; " + one_line(recipient.remote_mta, Text::kAscii, 255));
  if (recipient.reply.code != 0) {
    // RFC 3464 §2.3.6: type "smtp" is for what an SMTP server said; what we say ourselves carries a type of its own.
    const std::string_view type = recipient.remote_mta.empty() ? "x-sealpost" : "smtp";
    const std::string code =
        recipient.reply.enhanced_code.is_none() ? "" : recipient.reply.enhanced_code.to_string() + " ";
    fields += field("Diagnostic-Code",
                    fmt::format("{}; {} {}{}", type, recipient.reply.code, code, one_line(recipient.reply.text, kind)));
  }
  if (recipient.last_attempt) fields += field("Last-Attempt-Date", format_rfc5322(*recipient.last_attempt));
  if (recipient.action == Action::kDelayed && recipient.will_retry_until)
    fields += field("Will-Retry-Until", format_rfc5322(*recipient.will_retry_until));
  return fields;
}

}  // namespace

Text status_text_kind(const Report& report) {
  const bool is_ascii_only = std::ranges::all_of(report.recipients, [](const ReportedRecipient& recipient) {
    return is_ascii(recipient.final_recipient) && is_ascii(recipient.original_recipient);
  });
  return is_ascii_only ? Text::kAscii : Text::kUtf8;
}

std::string status_part(const Report& report) {
  const Text kind = status_text_kind(report);
  std::string fields;
  // RFC 3461 §6.3: the sender's own name for the transaction comes back as it was given.
  if (!report.original_envelope_id.empty())
    fields += field("Original-Envelope-Id", one_line(report.original_envelope_id, Text::kAscii, 200));
  fields += field("Reporting-MTA", "dns; " + one_line(report.reporting_mta, Text::kAscii, 255));
  if (!report.queue_id.empty()) fields += field("X-Sealpost-Queue-ID", one_line(report.queue_id, Text::kAscii, 64));
  if (report.arrived) fields += field("Arrival-Date", format_rfc5322(*report.arrived));
  for (const ReportedRecipient& recipient : report.recipients) fields += recipient_fields(recipient, kind);
  return fields;
}

}  // namespace sealpost::dsn
