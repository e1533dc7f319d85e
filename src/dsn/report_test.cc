#include "dsn/report.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "base/utf8.h"

namespace sealpost::dsn {
namespace {

constexpr WallTime kTime{std::chrono::milliseconds{1'795'455'780'123}};  // Mon, 23 Nov 2026 17:43:00 UTC

/// A strict reader of what make_report() writes: every line ends in CRLF, header and body are told apart by the empty
/// line.
struct Entity {
  std::map<std::string, std::string> fields;  // unfolded
  std::string body;

  explicit Entity(std::string_view text) {
    std::string last;
    while (!text.starts_with("\r\n")) {
      const std::size_t end = text.find("\r\n");
      if (end == std::string_view::npos) {
        ADD_FAILURE() << "the header has no end";
        return;
      }
      const std::string_view line = text.substr(0, end);
      text.remove_prefix(end + 2);
      if (line.front() == ' ' || line.front() == '\t') {
        fields[last] += line;
        continue;
      }
      const std::size_t colon = line.find(": ");
      if (colon == std::string_view::npos) {
        ADD_FAILURE() << "no field: " << line;
        return;
      }
      last = line.substr(0, colon);
      EXPECT_TRUE(fields.emplace(last, line.substr(colon + 2)).second) << last << " occurs twice";
    }
    body = text.substr(2);
  }
};

struct Parsed {
  Entity top;
  std::vector<Entity> parts;

  explicit Parsed(const std::string& message) : top(message) {
    const std::string& type = top.fields["Content-Type"];
    const std::size_t at = type.find("boundary=\"") + 10;
    const std::string delimiter = "\r\n--" + type.substr(at, type.size() - at - 1);
    std::string_view rest = top.body;
    rest.remove_prefix(std::min(rest.find(delimiter), rest.size()));
    while (rest.starts_with(delimiter + "\r\n")) {
      rest.remove_prefix(delimiter.size() + 2);
      const std::size_t end = rest.find(delimiter);
      if (end == std::string_view::npos) break;
      parts.emplace_back(std::string(rest.substr(0, end)) + "\r\n");
      rest.remove_prefix(end);
    }
    EXPECT_EQ(rest, delimiter + "--\r\n");
  }
};

std::size_t longest_line(std::string_view text) {
  std::size_t longest = 0;
  while (!text.empty()) {
    const std::size_t size = std::min(text.find("\r\n"), text.size());
    longest = std::max(longest, size);
    text.remove_prefix(std::min(size + 2, text.size()));
  }
  return longest;
}

Report article_report() {
  Report report;
  report.reporting_mta = "mail.example.com";
  report.sender = "sender@example.com";
  report.original_envelope_id = "QQ314159";
  report.queue_id = "0G5XK2V7M0001";
  report.arrived = kTime - std::chrono::hours(1);
  report.recipients = {{.final_recipient = "recipient@another.com",
                        .original_recipient = "rfc822;first@another.com",
                        .action = Action::kFailed,
                        .reply = {550, {5, 1, 1}, "No such user here"},
                        .remote_mta = "mx.another.com",
                        .last_attempt = kTime,
                        .will_retry_until = {}}};
  report.original = "From: sender@example.com\r\nSubject: Hello\r\n\r\nThe body.\r\n";
  report.is_original_complete = true;
  report.date = kTime;
  report.message_id = "<1.2@mail.example.com>";
  report.boundary_random = 0x1234;
  return report;
}

TEST(Report, HasThreePartsOfTheRightTypes) {
  const std::string message = make_report(article_report());
  Parsed parsed(message);
  EXPECT_EQ(parsed.top.fields["From"], "Mail Delivery System <MAILER-DAEMON@mail.example.com>");
  EXPECT_EQ(parsed.top.fields["To"], "<sender@example.com>");
  EXPECT_EQ(parsed.top.fields["Subject"], "Your message could not be delivered");
  EXPECT_EQ(parsed.top.fields["Date"], "Mon, 23 Nov 2026 17:43:00 +0000");
  EXPECT_EQ(parsed.top.fields["Message-ID"], "<1.2@mail.example.com>");
  EXPECT_EQ(parsed.top.fields["Auto-Submitted"], "auto-replied");
  EXPECT_EQ(parsed.top.fields["MIME-Version"], "1.0");
  EXPECT_TRUE(parsed.top.fields["Content-Type"].starts_with("multipart/report; report-type=delivery-status;"));
  ASSERT_EQ(parsed.parts.size(), 3u);
  EXPECT_EQ(parsed.parts[0].fields["Content-Type"], "text/plain; charset=us-ascii");
  EXPECT_EQ(parsed.parts[1].fields["Content-Type"], "message/delivery-status");
  EXPECT_EQ(parsed.parts[2].fields["Content-Type"], "text/rfc822-headers");
  EXPECT_EQ(parsed.parts[2].body, "From: sender@example.com\r\nSubject: Hello\r\n");
  EXPECT_TRUE(is_ascii(message));
}

TEST(Report, SaysInTheStatusPartWhatProgramsNeed) {
  EXPECT_EQ(Parsed(make_report(article_report())).parts.at(1).body,
            "Original-Envelope-Id: QQ314159\r\n"
            "Reporting-MTA: dns; mail.example.com\r\n"
            "X-Sealpost-Queue-ID: 0G5XK2V7M0001\r\n"
            "Arrival-Date: Mon, 23 Nov 2026 16:43:00 +0000\r\n"
            "\r\n"
            "Original-Recipient: rfc822;first@another.com\r\n"
            "Final-Recipient: rfc822; recipient@another.com\r\n"
            "Action: failed\r\n"
            "Status: 5.1.1\r\n"
            "Remote-MTA: dns; mx.another.com\r\n"
            "Diagnostic-Code: smtp; 550 5.1.1 No such user here\r\n"
            "Last-Attempt-Date: Mon, 23 Nov 2026 17:43:00 +0000\r\n");
}

TEST(Report, TellsAPersonWhatHappenedInPlainWords) {
  EXPECT_EQ(Parsed(make_report(article_report())).parts.at(0).body,
            "This is the mail system at mail.example.com.\r\n"
            "\r\n"
            "Your message could not be delivered to this recipient, and will not be tried\r\n"
            "again:\r\n"
            "\r\n"
            "  <recipient@another.com>\r\n"
            "    The address does not exist. Please check it for typing errors.\r\n"
            "    The server mx.another.com said:\r\n"
            "      550 5.1.1 No such user here\r\n"
            "\r\n"
            "Technical details follow, and then your message or its header. If you need\r\n"
            "help, forward this whole report to the people who run your mail. The message\r\n"
            "is known here as 0G5XK2V7M0001.\r\n");
}

TEST(Report, ReportsEveryActionInOneMessage) {
  Report report = article_report();
  report.recipients.push_back({.final_recipient = "b@x.org",
                               .original_recipient = "",
                               .action = Action::kDelayed,
                               .reply = {451, {}, "Connection refused"},
                               .remote_mta = "",
                               .last_attempt = kTime,
                               .will_retry_until = kTime + std::chrono::hours(5)});
  report.recipients.push_back({.final_recipient = "c@x.org",
                               .original_recipient = "",
                               .action = Action::kDelivered,
                               .reply = {250, {}, "ok"},
                               .remote_mta = "lmtp",
                               .last_attempt = {},
                               .will_retry_until = {}});
  report.recipients.push_back({.final_recipient = "d@x.org",
                               .original_recipient = "",
                               .action = Action::kRelayed,
                               .reply = {},
                               .remote_mta = "",
                               .last_attempt = {},
                               .will_retry_until = {}});
  Parsed parsed(make_report(report));
  const std::string& status = parsed.parts.at(1).body;
  EXPECT_NE(status.find("\r\n\r\nFinal-Recipient: rfc822; b@x.org\r\nAction: delayed\r\nStatus: 4.0.0\r\n"
                        "Diagnostic-Code: x-sealpost; 451 Connection refused\r\n"
                        "Last-Attempt-Date: Mon, 23 Nov 2026 17:43:00 +0000\r\n"
                        "Will-Retry-Until: Mon, 23 Nov 2026 22:43:00 +0000\r\n\r\n"),
            std::string::npos)
      << status;
  EXPECT_NE(status.find("c@x.org\r\nAction: delivered\r\nStatus: 2.0.0\r\nRemote-MTA: dns; lmtp\r\n"),
            std::string::npos);
  EXPECT_NE(status.find("d@x.org\r\nAction: relayed\r\nStatus: 2.0.0\r\n"), std::string::npos);
  const std::string& text = parsed.parts.at(0).body;
  EXPECT_NE(text.find("It is tried until Mon, 23 Nov 2026 22:43:00 +0000."), std::string::npos);
  EXPECT_LT(text.find("recipient@another.com"), text.find("b@x.org"));
  EXPECT_LT(text.find("b@x.org"), text.find("d@x.org"));
  EXPECT_LT(text.find("d@x.org"), text.find("c@x.org"));
  EXPECT_EQ(text.find("help"), text.rfind("help"));
}

TEST(Report, NamesTheSubjectAfterTheWorst) {
  Report report = article_report();
  for (const auto& [action, subject] : {std::pair{Action::kDelayed, "Your message is delayed"},
                                        {Action::kDelivered, "Your message was delivered"},
                                        {Action::kRelayed, "Your message was handed over"}}) {
    report.recipients[0].action = action;
    EXPECT_EQ(Parsed(make_report(report)).top.fields["Subject"], subject);
  }
}

TEST(Report, ReturnsTheWholeMessageOnlyAfterAFailureWithRetFull) {
  Report report = article_report();
  const auto type = [&report] { return Parsed(make_report(report)).parts.at(2).fields["Content-Type"]; };
  for (const smtp::Ret ret : {smtp::Ret::kUnspecified, smtp::Ret::kHeaders}) {
    report.ret = ret;
    EXPECT_EQ(type(), "text/rfc822-headers");
  }
  report.ret = smtp::Ret::kFull;
  EXPECT_EQ(type(), "message/rfc822");
  EXPECT_EQ(Parsed(make_report(report)).parts.at(2).body, report.original);
  report.is_original_complete = false;
  EXPECT_EQ(type(), "text/rfc822-headers");
  report.is_original_complete = true;
  report.recipients[0].action = Action::kDelayed;
  EXPECT_EQ(type(), "text/rfc822-headers");
}

TEST(Report, LetsNoRemoteReplyWriteItsOwnLines) {
  Report report = article_report();
  const std::string hostile = "no\r\nAction: delivered\r\n\r\n--=_sealpost_0000000000001234--\r\nBcc: x\n\x1B[31m\x7F" +
                              std::string(1, '\0') + "\xFF";
  report.recipients[0].reply.text = hostile;
  report.recipients[0].remote_mta = hostile;
  report.recipients[0].original_recipient = "rfc822;" + hostile;
  report.recipients[0].final_recipient = hostile;
  report.original_envelope_id = report.queue_id = report.message_id = report.sender = hostile;
  const std::string message = make_report(report);
  Parsed parsed(message);
  ASSERT_EQ(parsed.parts.size(), 3u);
  EXPECT_EQ(parsed.top.fields.count("Bcc"), 0u);
  for (std::size_t at = message.find("Action:"); at != std::string::npos; at = message.find("Action:", at + 1))
    EXPECT_TRUE(message[at - 1] == ' ' || message.substr(at).starts_with("Action: failed\r\n"));
  EXPECT_EQ(message.find_first_of(std::string_view("\x1B\x7F\0", 3)), std::string::npos);
  for (std::size_t at = 0; (at = message.find_first_of("\r\n", at)) != std::string::npos; at += 2)
    ASSERT_EQ(message.substr(at, 2), "\r\n");
}

TEST(Report, ChoosesABoundaryThatOccursNowhere) {
  Report report = article_report();
  report.ret = smtp::Ret::kFull;
  report.original += "--=_sealpost_0000000000001234--\r\n=_sealpost_0000000000001235\r\n";
  Parsed parsed(make_report(report));
  ASSERT_EQ(parsed.parts.size(), 3u);
  EXPECT_EQ(parsed.parts[2].body, report.original);
  EXPECT_NE(parsed.top.fields["Content-Type"].find("0000000000001236"), std::string::npos);
}

TEST(Report, KeepsItsLinesShort) {
  Report report = article_report();
  report.recipients[0].reply.text =
      std::string(3000, 'x') + " " + std::string(70, 'y') + " \xC3\xA9" + std::string(4000, 'z');
  report.recipients[0].final_recipient = std::string(64, 'l') + "@" + std::string(180, 'd');
  report.recipients.resize(50, report.recipients[0]);
  const std::string message = make_report(report);
  EXPECT_LE(longest_line(message), 998u);
  Parsed parsed(message);
  EXPECT_LE(longest_line(parsed.parts.at(0).body), 76u);
}

TEST(Report, UsesTheInternationalTypesOnlyWhereTheyAreNeeded) {
  Report report = article_report();
  report.recipients[0].final_recipient = "j\xC3\xB6rg@another.com";
  report.recipients[0].reply.text = "kein Postfach f\xC3\xBCr ihn";
  report.sender = "\xC3\xA4nn@example.com";
  Parsed parsed(make_report(report));
  EXPECT_EQ(parsed.top.fields["To"], "<\xC3\xA4nn@example.com>");
  EXPECT_EQ(parsed.parts.at(0).fields["Content-Type"], "text/plain; charset=utf-8");
  EXPECT_EQ(parsed.parts.at(0).fields["Content-Transfer-Encoding"], "8bit");
  EXPECT_EQ(parsed.parts.at(1).fields["Content-Type"], "message/global-delivery-status");
  EXPECT_NE(parsed.parts.at(1).body.find("Final-Recipient: utf-8; j\xC3\xB6rg@another.com\r\n"), std::string::npos);
  EXPECT_NE(parsed.parts.at(1).body.find("f\xC3\xBCr"), std::string::npos);
  EXPECT_EQ(parsed.parts.at(2).fields["Content-Type"], "text/rfc822-headers");

  report.recipients[0].final_recipient = "joerg@another.com";
  Parsed ascii_address(make_report(report));
  EXPECT_EQ(ascii_address.parts.at(1).fields["Content-Type"], "message/delivery-status");
  EXPECT_TRUE(is_ascii(ascii_address.parts.at(1).body));
}

TEST(Report, LabelsAnOriginalWithEightBitsAsWhatItIs) {
  Report report = article_report();
  report.original =
      "Subject: Gr\xC3\xBC\xC3\x9F"
      "e\r\n\r\nbody\r\n";
  EXPECT_EQ(Parsed(make_report(report)).parts.at(2).fields["Content-Type"], "message/global-headers");
  report.ret = smtp::Ret::kFull;
  EXPECT_EQ(Parsed(make_report(report)).parts.at(2).fields["Content-Type"], "message/global");
  report.original =
      "Subject: Gr\xFC\xDF"
      "e\r\n\r\nbody\r\n";
  Parsed latin(make_report(report));
  EXPECT_EQ(latin.parts.at(2).fields["Content-Type"], "message/rfc822");
  EXPECT_EQ(latin.parts.at(2).fields["Content-Transfer-Encoding"], "8bit");
  report.original = "Subject: x\r\n\r\n\xC3\xBC\r\n";
  EXPECT_EQ(Parsed(make_report(report)).parts.at(2).fields["Content-Type"], "message/rfc822");
}

TEST(Report, TakesOriginalsOfEveryShape) {
  for (const std::string original : {"", "\r\n", "\r\nbody only\r\n", "Subject: cut in the hea", "Subject: x\r\n"}) {
    for (const bool is_complete : {false, true}) {
      Report report = article_report();
      report.original = original;
      report.ret = smtp::Ret::kFull;
      report.is_original_complete = is_complete;
      EXPECT_EQ(Parsed(make_report(report)).parts.size(), 3u) << original;
    }
  }
}

}  // namespace
}  // namespace sealpost::dsn
