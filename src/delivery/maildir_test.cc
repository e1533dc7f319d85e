#include "delivery/maildir.h"

#include <filesystem>
#include <fstream>
#include <set>

#include <boost/asio/co_spawn.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "delivery/maildir_agent.h"
#include "message/string_body_source.h"
#include "net/certificates_for_test.h"

namespace sealpost::delivery {
namespace {

using namespace std::chrono_literals;

smtp::Mailbox mailbox(std::string_view text) { return smtp::Mailbox::parse(text, smtp::Charset::kAscii).value(); }

std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::size_t files_in(const std::string& path) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(path), {}));
}

TEST(MaildirPath, PutsTheRecipientInInLowerCase) {
  EXPECT_EQ(maildir_path("/var/mail/{domain}/{local_part}/", mailbox("Ann.B+x@Example.COM")),
            "/var/mail/example.com/ann.b+x");
  EXPECT_EQ(maildir_path("/var/mail/all", mailbox("\"../../etc\"@example.com")), "/var/mail/all");
}

TEST(MaildirPath, RefusesWhatIsNotPlainlyAFileName) {
  for (const char* address : {"\"../../etc\"@example.com", "\".hidden\"@example.com", "a/b@example.com",
                              "\"a b\"@example.com", "a%b@example.com"})
    EXPECT_EQ(maildir_path("/var/mail/{local_part}", mailbox(address)), std::nullopt) << address;
  EXPECT_EQ(maildir_path("/var/mail/{domain}", mailbox("a@[192.0.2.1]")), std::nullopt);
}

TEST(MaildirHeader, NamesBothPathsOfTheEnvelope) {
  EXPECT_EQ(maildir_header(mailbox("ann@example.com"), mailbox("bob@example.org")),
            "Return-Path: <ann@example.com>\nDelivered-To: bob@example.org\n");
  EXPECT_EQ(maildir_header(std::nullopt, mailbox("bob@example.org")),
            "Return-Path: <>\nDelivered-To: bob@example.org\n");
}

TEST(LineEndings, AreTheSameHoweverTheContentIsCut) {
  const std::string content = "a\r\n\r\nb\rc\r\r\nd\n\r";
  for (std::size_t first = 0; first <= content.size(); ++first) {
    for (std::size_t second = first; second <= content.size(); ++second) {
      LineEndings line_endings;
      std::string out;
      line_endings.append(std::string_view(content).substr(0, first), out);
      line_endings.append(std::string_view(content).substr(first, second - first), out);
      line_endings.append(std::string_view(content).substr(second), out);
      line_endings.finish(out);
      ASSERT_EQ(out, "a\n\nb\rc\r\nd\n\r") << first << ' ' << second;
    }
  }
}

TEST(Maildir, WritesIntoNewAndLeavesNothingInTmp) {
  const net::TemporaryDirectory directory;
  const std::string path = directory.path("deep/er/ann");
  message::StringBodySource body("Subject: hello\r\n\r\nHello.\r\n", 3);
  const auto file = write_to_maildir(path, "1.M2P3Q4.host", "Return-Path: <>\n", body);
  ASSERT_TRUE(file) << file.error().text;
  EXPECT_EQ(*file, path + "/new/1.M2P3Q4.host,S=39");
  EXPECT_EQ(content_of(*file), "Return-Path: <>\nSubject: hello\n\nHello.\n");
  EXPECT_EQ(std::filesystem::file_size(*file), 39U);
  EXPECT_EQ(files_in(path + "/tmp"), 0U);
  EXPECT_TRUE(std::filesystem::is_directory(path + "/cur"));
  EXPECT_EQ(std::filesystem::status(*file).permissions(), std::filesystem::perms(0600));
  EXPECT_EQ(std::filesystem::status(path).permissions(), std::filesystem::perms(0700));
}

class BrokenBody : public message::BodySource {
 public:
  Bytes size() const override { return {100}; }
  Result<std::string_view> next() override {
    if (std::exchange(is_begun_, true)) return fail(Fault::kCorruption, "the stored content is damaged");
    return "half";
  }
  Result<void> rewind() override { return is_begun_ = false, Result<void>{}; }

 private:
  bool is_begun_ = false;
};

TEST(Maildir, HalfAMessageIsNeverSeen) {
  const net::TemporaryDirectory directory;
  const std::string path = directory.path("ann");
  BrokenBody body;
  EXPECT_FALSE(write_to_maildir(path, "1.host", "", body));
  EXPECT_EQ(files_in(path + "/new"), 0U);
  EXPECT_EQ(files_in(path + "/tmp"), 0U);
}

TEST(Maildir, NamesAreUniqueAndHarmless) {
  std::set<std::string> names;
  for (int i = 0; i < 1000; ++i) names.insert(maildir_unique_name("a/b:c"));
  EXPECT_EQ(names.size(), 1000U);
  EXPECT_THAT(*names.begin(), testing::EndsWith(".a\\057b\\072c"));
}

TEST(MaildirAgent, GivesEveryRecipientACopyAndItsOwnReply) {
  const net::TemporaryDirectory directory;
  Route route;
  route.kind = RouteKind::kMaildir;
  route.path = directory.path("{local_part}");
  auto agent = make_maildir_agent(route, "mail.example.com").value();
  auto channel = agent->make_channel();
  smtp::Envelope envelope;
  for (const char* address : {"ann@example.com", "\"..\"@example.com", "bob@example.com"})
    envelope.recipients.push_back({mailbox(address), {}});
  message::StringBodySource body("Subject: hello\r\n\r\nHello.\r\n");
  net::asio::io_context context;
  std::optional<TransactionResult> result;
  net::asio::co_spawn(
      context,
      channel->deliver({.id = {1}, .envelope = &envelope, .size = body.size(), .is_8bit = false, .body = &body}),
      [&](std::exception_ptr, TransactionResult value) { result = std::move(value); });
  const net::asio::executor_work_guard<net::asio::io_context::executor_type> work(context.get_executor());
  while (!result && context.run_one_for(10s) > 0) {
  }
  ASSERT_TRUE(result);
  ASSERT_EQ(result->per_recipient.size(), 3U);
  EXPECT_EQ(result->per_recipient[0].code, 250);
  EXPECT_EQ(result->per_recipient[1].to_line(), "550 5.1.1 no mailbox can have this name");
  EXPECT_EQ(result->per_recipient[2].code, 250);
  EXPECT_TRUE(result->is_final);
  EXPECT_EQ(files_in(directory.path("ann/new")), 1U);
  EXPECT_EQ(files_in(directory.path("bob/new")), 1U);
}

TEST(MaildirAgent, NeedsAnAbsolutePath) {
  Route route;
  route.kind = RouteKind::kMaildir;
  EXPECT_FALSE(make_maildir_agent(route, "h"));
  route.path = "mail";
  EXPECT_FALSE(make_maildir_agent(route, "h"));
  route.path = "/mail";
  EXPECT_TRUE(make_maildir_agent(route, "h"));
}

}  // namespace
}  // namespace sealpost::delivery
