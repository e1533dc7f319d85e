// Reports: one message to the sender about everything that one settlement owes.
#include "queue/reports.h"

#include <algorithm>

#include "base/utf8.h"
#include "crypto/random.h"
#include "dsn/report.h"
#include "message/message_id.h"
#include "queue/bounce_relay.h"
#include "spool/record.h"

namespace sealpost::queue {

namespace {

// RFC 3461 §6.1: RET=FULL may be answered with the header alone when the message is large; a report is held whole in
// memory.
constexpr std::size_t kOriginalMax = std::size_t{128} * 1024;

dsn::ReportedRecipient reported(const spool::Stored& about, const Owed& owed, WallTime now, WallTime will_retry_until) {
  const smtp::Recipient& recipient = about.record.envelope.recipients[owed.recipient];
  dsn::ReportedRecipient one{.final_recipient = recipient.forward_path.to_string(),
                             .original_recipient = recipient.parameters.orcpt,
                             .action = owed.action,
                             .reply = about.state.recipients[owed.recipient].last_reply,
                             .remote_mta = std::string(owed.remote_mta),
                             .last_attempt = now,
                             .will_retry_until = std::nullopt};
  if (owed.action == dsn::Action::kDelayed) one.will_retry_until = will_retry_until;
  return one;
}

}  // namespace

void Reports::read_original(const spool::Stored& about, dsn::Report& report) {
  auto body = spool_.open_body(about.record.id);
  // A report without the original is better than none: it says whose mail it was.
  if (!body) return;
  while (report.original.size() <= kOriginalMax) {
    const auto piece = (*body)->next();
    if (!piece) return;
    if (piece->empty()) {
      report.is_original_complete = true;
      return;
    }
    report.original.append(*piece);
  }
  report.original.resize(kOriginalMax);
}

Result<std::vector<spool::NewMessage>> Reports::make(const spool::Stored& about, std::span<const Owed> owed,
                                                     WallTime now, WallTime will_retry_until) {
  const smtp::Envelope& envelope = about.record.envelope;
  dsn::Report report{.reporting_mta = hostname_,
                     .sender = envelope.reverse_path->to_string(),
                     .original_envelope_id = envelope.parameters.envid,
                     .queue_id = about.record.id.to_string(),
                     .arrived = about.record.arrived,
                     .recipients = {},
                     .ret = envelope.parameters.ret,
                     .original = {},
                     .is_original_complete = false,
                     .date = now,
                     .message_id = message::make_message_id(crypto::random_u64(), now, hostname_),
                     .boundary_random = crypto::random_u64()};
  for (const Owed& one : owed) report.recipients.push_back(reported(about, one, now, will_retry_until));
  read_original(about, report);
  const std::string content = dsn::make_report(report);

  auto body = spool_.reserve({content.size()});
  if (!body) return std::unexpected(std::move(body.error()));
  if (auto appended = (*body)->append(content); !appended) return std::unexpected(std::move(appended.error()));

  const bool is_8bit = !is_ascii(content);
  spool::MessageRecord record{.id = ids_(now),
                              .envelope = {},
                              .arrived = now,
                              .account = BounceRelay::permit().account(),
                              .client_address = {},
                              .is_8bit = is_8bit,
                              .size = {content.size()}};
  // RFC 3464 §2, RFC 5321 §6.1: reports go out with the null reverse-path.
  record.envelope.parameters.body = is_8bit ? smtp::BodyKind::k8bitMime : smtp::BodyKind::k7bit;
  // RFC 6533 §4: the report itself needs SMTPUTF8 when its recipient does.
  record.envelope.parameters.is_smtputf8 = !envelope.reverse_path->is_ascii();
  record.envelope.recipients.push_back({*envelope.reverse_path, {}});
  std::vector<spool::NewMessage> reports;
  reports.push_back({std::move(record), std::move(*body)});
  return reports;
}

}  // namespace sealpost::queue
