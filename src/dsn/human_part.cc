// The sentences. One section for each thing that happened, worst first; each recipient with the server's own words.
#include "dsn/human_part.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include <fmt/format.h>

#include "dsn/explanation.h"
#include "dsn/report_lines.h"

namespace sealpost::dsn {

namespace {

constexpr std::array kWorstFirst = {Action::kFailed, Action::kDelayed, Action::kRelayed, Action::kDelivered};

std::size_t count(const Report& report, Action action) {
  return static_cast<std::size_t>(std::ranges::count(report.recipients, action, &ReportedRecipient::action));
}

std::string opening(Action action, std::size_t recipients) {
  const std::string whom = recipients == 1 ? "this recipient" : fmt::format("these {} recipients", recipients);
  switch (action) {
    case Action::kFailed:
      return "Your message could not be delivered to " + whom + ", and will not be tried again:";
    case Action::kDelayed:
      return "Your message could not be delivered to " + whom +
             " so far. It is kept and tried again; you do not need to send it again:";
    case Action::kDelivered:
      return "Your message was delivered to " + whom + ":";
    case Action::kRelayed:
      return "Your message was handed over for " + whom +
             " to a mail system that does not confirm deliveries. If it fails there, that system will tell you:";
  }
  return "";
}

std::string about(const ReportedRecipient& recipient) {
  std::string text = "\r\n" + wrap("<" + one_line(recipient.final_recipient, Text::kUtf8) + ">", "  ");
  if (recipient.action == Action::kFailed || recipient.action == Action::kDelayed) {
    if (const std::string_view reason = explain(recipient.reply.enhanced_code); !reason.empty())
      text += wrap(reason, "    ");
  }
  if (recipient.reply.code != 0) {
    const std::string mta = one_line(recipient.remote_mta, Text::kAscii, 255);
    text += wrap(mta.empty() ? "In detail:" : "The server " + mta + " said:", "    ");
    text += wrap(fmt::format("{} {} {}", recipient.reply.code,
                             recipient.reply.enhanced_code.is_none() ? "" : recipient.reply.enhanced_code.to_string(),
                             one_line(recipient.reply.text, Text::kUtf8)),
                 "      ");
  }
  if (recipient.action == Action::kDelayed && recipient.will_retry_until)
    text += wrap("It is tried until " + format_rfc5322(*recipient.will_retry_until) + ".", "    ");
  return text;
}

}  // namespace

std::string_view subject_of(const Report& report) {
  if (count(report, Action::kFailed) > 0) return "Your message could not be delivered";
  if (count(report, Action::kDelayed) > 0) return "Your message is delayed";
  return count(report, Action::kRelayed) > 0 ? "Your message was handed over" : "Your message was delivered";
}

std::string human_part(const Report& report) {
  std::string text = wrap("This is the mail system at " + one_line(report.reporting_mta, Text::kAscii, 255) + ".", "");
  for (const Action action : kWorstFirst) {
    const std::size_t recipients = count(report, action);
    if (recipients == 0) continue;
    text += "\r\n" + wrap(opening(action, recipients), "");
    for (const ReportedRecipient& recipient : report.recipients) {
      if (recipient.action == action) text += about(recipient);
    }
  }
  std::string closing = "Technical details follow, and then your message or its header.";
  if (count(report, Action::kFailed) > 0)
    closing += " If you need help, forward this whole report to the people who run your mail.";
  if (!report.queue_id.empty())
    closing += " The message is known here as " + one_line(report.queue_id, Text::kAscii, 64) + ".";
  return text + "\r\n" + wrap(closing, "");
}

}  // namespace sealpost::dsn
