// Putting the three parts together (RFC 6522), with types and encodings that fit what is in them.
#include "dsn/report.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/utf8.h"
#include "dsn/human_part.h"
#include "dsn/report_lines.h"
#include "dsn/status_part.h"

namespace sealpost::dsn {

namespace {

struct Part {
  std::string content_type;
  std::string_view content;

  /// RFC 2045 §6.2: nothing here is changed by an encoding; the label says what is in it.
  std::string_view transfer_encoding() const { return is_ascii(content) ? "7bit" : "8bit"; }
};

/// The header section of a message, without the empty line.
std::string_view header_section(std::string_view message) {
  if (message.starts_with("\r\n")) return {};
  const std::size_t end = message.find("\r\n\r\n");
  return end == std::string_view::npos ? message : message.substr(0, end + 2);
}

/// RFC 3461 §6.1: RET is about failures only, and nothing but the header comes back otherwise. Without RET the choice
/// is ours: the header tells which message it was, and a bounce is no way to carry a large message to somebody who
/// never sent it.
Part original_part(const Report& report) {
  const std::string_view header = header_section(report.original);
  const bool has_failed = std::ranges::any_of(
      report.recipients, [](const ReportedRecipient& recipient) { return recipient.action == Action::kFailed; });
  // RFC 6533 §5: a header beyond ASCII makes it a "global" one. One that is not UTF-8 either has no better name than
  // the old one.
  const bool is_global = !is_ascii(header) && is_utf8(header);
  if (report.ret == smtp::Ret::kFull && has_failed && report.is_original_complete)
    return {is_global ? "message/global" : "message/rfc822", report.original};
  return {is_global ? "message/global-headers" : "text/rfc822-headers", header};
}

/// RFC 2046 §5.1.1: the boundary occurs in no part. The random bits see to that; the loop makes it certain.
std::string choose_boundary(std::uint64_t random, std::initializer_list<std::string_view> contents) {
  for (;; ++random) {
    const std::string boundary = fmt::format("=_sealpost_{:016x}", random);
    if (std::ranges::none_of(contents, [&boundary](std::string_view content) { return content.contains(boundary); }))
      return boundary;
  }
}

void append_part(std::string& message, const Part& part, std::string_view description, std::string_view boundary) {
  message.append("--").append(boundary).append("\r\nContent-Type: ").append(part.content_type);
  message.append("\r\nContent-Description: ").append(description);
  message.append("\r\nContent-Transfer-Encoding: ").append(part.transfer_encoding()).append("\r\n\r\n");
  message.append(part.content);
  if (!part.content.ends_with("\r\n")) message.append("\r\n");
}

}  // namespace

std::string make_report(const Report& report) {
  SEALPOST_ASSERT(!report.recipients.empty(), "a report is about somebody");
  SEALPOST_ASSERT(!report.sender.empty(), "RFC 5321 §6.1: nobody is told what became of a report");
  const std::string text = human_part(report);
  const std::string status = status_part(report);
  const Part original = original_part(report);
  const std::string boundary = choose_boundary(report.boundary_random, {text, status, original.content});
  const std::string hostname = one_line(report.reporting_mta, Text::kAscii, 255);

  std::string message;
  message.reserve(original.content.size() + text.size() + status.size() + 2048);
  message += field("Date", format_rfc5322(report.date));
  message += field("From", "Mail Delivery System <MAILER-DAEMON@" + hostname + ">");
  message += field("To", "<" + one_line(report.sender, Text::kUtf8) + ">");
  message += field("Subject", subject_of(report));
  message += field("Message-ID", one_line(report.message_id, Text::kAscii));
  // RFC 3834 §5: so that no vacation program answers, and nobody's machine takes this for a person's mail.
  message += field("Auto-Submitted", "auto-replied");
  message += "MIME-Version: 1.0\r\n";
  message +=
      fmt::format("Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary=\"{}\"\r\n", boundary);
  message += "\r\nThis is a delivery report in MIME format.\r\n\r\n";
  append_part(message, {is_ascii(text) ? "text/plain; charset=us-ascii" : "text/plain; charset=utf-8", text},
              "Notification", boundary);
  const bool is_global = status_text_kind(report) == Text::kUtf8;
  append_part(message, {is_global ? "message/global-delivery-status" : "message/delivery-status", status},
              "Delivery report", boundary);
  append_part(message, original, original.content_type.ends_with("headers") ? "Header of your message" : "Your message",
              boundary);
  return message.append("--").append(boundary).append("--\r\n");
}

}  // namespace sealpost::dsn
