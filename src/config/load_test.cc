#include "config/load.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/toml_document.h"

namespace sealpost::config {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;

/// A directory with a certificate and a key file, gone at the end.
class Load : public testing::Test {
 protected:
  Load() {
    std::string name = (std::filesystem::temp_directory_path() / "sealpost-config-XXXXXX").string();
    directory_ = mkdtemp(name.data());
    std::filesystem::create_directory(directory_ / "tls");
    put("tls/cert.pem", "certificate");
    put("tls/key.pem", "key");
    chmod((directory_ / "tls/key.pem").c_str(), 0600);
  }
  ~Load() override { std::filesystem::remove_all(directory_); }

  void put(const std::string& name, std::string_view text) { std::ofstream(directory_ / name) << text; }
  std::string path(const std::string& name) const { return (directory_ / name).string(); }

  Loaded load_text(std::string_view text, Depth depth = Depth::kFiles) {
    put("sealpost.toml", text);
    return load_all(path("sealpost.toml"), depth);
  }
  /// Without the path of the file in front: ":12: text".
  std::vector<std::string> problems_of(std::string_view text, Depth depth = Depth::kFiles) {
    std::vector<std::string> lines;
    for (const Problem& problem : load_text(text, depth).problems)
      lines.push_back(problem.to_string().substr(path("sealpost.toml").size()));
    return lines;
  }

  std::filesystem::path directory_;
};

constexpr std::string_view kMinimal = R"(hostname = "mail.example.com"
data_directory = "data"              # relative paths are relative to this file

[tls]
certificate = "tls/cert.pem"         # chain, leaf first
private_key = "tls/key.pem"

[[listener]]
service = "submissions"              # implicit TLS, RFC 8314 (465)
address = "127.0.0.1:4465"

[[listener]]
service = "submission"               # STARTTLS, RFC 6409 (587)
address = "127.0.0.1:4587"

[[route]]                            # first match wins
domains = ["*"]
deliver = "smtp"                     # "mx" | "smtp" (a fixed host) | "lmtp" | "maildir" | "discard"
host = "127.0.0.1"
port = 2525
tls = "none"                         # "none" | "opportunistic" | "required" | "implicit"
)";

std::string with(std::string_view from, std::string_view to) {
  std::string text(kMinimal);
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

std::string minimal_and(std::string_view more) { return std::string(kMinimal).append(more); }

constexpr std::size_t kMinimalLines = 21;

TEST_F(Load, TheSmallestFileOfTheManualLoadsWithoutAWarning) {
  const Loaded loaded = load_text(kMinimal);
  EXPECT_THAT(loaded.problems, IsEmpty());
  ASSERT_TRUE(loaded.configuration);
  const Configuration& c = *loaded.configuration;
  EXPECT_EQ(c.hostname, "mail.example.com");
  EXPECT_EQ(c.data_directory, path("data"));
  EXPECT_EQ(c.users.database, path("data/users.db"));
  EXPECT_EQ(c.tls.certificate, path("tls/cert.pem"));
  ASSERT_EQ(c.listeners.size(), 2);
  EXPECT_EQ(c.listeners[0].service, smtp::Service::kSubmissions);
  EXPECT_EQ(c.listeners[1].service, smtp::Service::kSubmission);
  EXPECT_EQ(c.listeners[1].address, (Endpoint{"127.0.0.1", 4587}));
  EXPECT_EQ(c.listeners[1].name, "submission@127.0.0.1:4587");
  EXPECT_FALSE(c.listeners[1].insecure_auth_without_tls);
  ASSERT_EQ(c.routes.size(), 1);
  EXPECT_EQ(c.routes[0].deliver, Deliver::kSmtp);
  EXPECT_EQ(c.routes[0].tls, RouteTls::kNone);
  EXPECT_EQ(c.routes[0].port, 2525);
  EXPECT_THAT(c.routes[0].domains, ElementsAre("*"));
  EXPECT_EQ(c.limits.message_size_max.count, 52'428'800);
  EXPECT_EQ(c.limits.command_timeout, std::chrono::minutes(5));
  EXPECT_EQ(c.queue.expire, std::chrono::hours(120));
}

TEST_F(Load, RemembersTheLineOfWhatIsWritten) {
  const Loaded loaded = load_text(kMinimal);
  ASSERT_TRUE(loaded.configuration);
  EXPECT_EQ(loaded.configuration->line_of("listener", 1, "address"), 14);
  EXPECT_EQ(loaded.configuration->line_of("", 0, "hostname"), 1);
  EXPECT_EQ(loaded.configuration->line_of("limits", 0, "errors_max"), std::nullopt);
}

TEST_F(Load, UnitsMayBeWrittenOut) {
  const Loaded loaded = load_text(minimal_and(R"([limits]
message_size_max = "10MiB"
command_timeout = 600
handshake_timeout = "1m30s"
[queue]
retry = ["30s", 60, "1h"]
[log]
format = "json"
level = "debug"
)"));
  ASSERT_TRUE(loaded.configuration) << loaded.problems.front().to_string();
  EXPECT_EQ(loaded.configuration->limits.message_size_max.count, 10 << 20);
  EXPECT_EQ(loaded.configuration->limits.command_timeout, std::chrono::minutes(10));
  EXPECT_EQ(loaded.configuration->limits.handshake_timeout, std::chrono::seconds(90));
  EXPECT_THAT(loaded.configuration->queue.retry,
              ElementsAre(std::chrono::seconds(30), std::chrono::seconds(60), std::chrono::seconds(3600)));
  EXPECT_EQ(loaded.configuration->log.format, observe::LogFormat::kJson);
  EXPECT_EQ(loaded.configuration->log.level, observe::Level::kDebug);
}

TEST_F(Load, AnUnknownKeyIsAnErrorWithItsLineAndWhatWasMeant) {
  EXPECT_THAT(problems_of(minimal_and("[limits]\nerror_max = 3\n")),
              ElementsAre(R"(:23: unknown key "limits.error_max" (did you mean "errors_max"?))"));
  EXPECT_THAT(problems_of(with("port =", "prot =")),
              ElementsAre(R"(:20: unknown key "route.prot" (did you mean "port"?))"));
  EXPECT_THAT(problems_of(minimal_and("[limits]\nzebra = 3\n")), ElementsAre(R"(:23: unknown key "limits.zebra")"));
  EXPECT_THAT(problems_of(minimal_and("hostname = \"x\"\n")),
              ElementsAre(R"(:22: unknown key "route.hostname" ("hostname" belongs above the first section))"));
  EXPECT_THAT(problems_of(minimal_and("[limit]\nerrors_max = 3\n")),
              ElementsAre(R"(:22: unknown section "limit" (did you mean [limits]?))"));
}

TEST_F(Load, AWrongTypeIsAnErrorThatSaysWhatIsExpected) {
  EXPECT_THAT(problems_of(minimal_and("[limits]\nerrors_max = \"many\"\n")),
              ElementsAre(R"(:23: limits.errors_max is a whole number, not "many")"));
  EXPECT_THAT(
      problems_of(minimal_and("[limits]\ncommand_timeout = \"5 minutes\"\n")),
      ElementsAre(HasSubstr(R"(is a duration such as "5m", "4h" or "5d", or a number of seconds, not "5 minutes")")));
  EXPECT_THAT(problems_of(minimal_and("[limits]\nmessage_size_max = \"50MB\"\n")),
              ElementsAre(HasSubstr("is a size such as")));
  EXPECT_THAT(problems_of(with("\"127.0.0.1:4465\"", "\"localhost:4465\"")),
              ElementsAre(HasSubstr(":10: listener.address is a numeric")));
  EXPECT_THAT(problems_of(with("\"127.0.0.1:4465\"", "\"127.0.0.1:65536\"")),
              ElementsAre(HasSubstr(":10: listener.address is a numeric")));
  EXPECT_THAT(problems_of(with("deliver = \"smtp\"", "deliver = \"SMTP\"")),
              ElementsAre(HasSubstr(R"(is one of "mx", "smtp", "lmtp")")));
  EXPECT_THAT(problems_of(with("[\"*\"]", "\"*\"")), ElementsAre(HasSubstr(":17: route.domains is a list of texts")));
  EXPECT_THAT(problems_of(with("\"mail.example.com\"", "\"mail\\r\\n.example.com\"")),
              ElementsAre(HasSubstr("without control characters")));
}

TEST_F(Load, RangesHoldAtTheLimitAndRefuseOneBeyond) {
  EXPECT_THAT(problems_of(minimal_and("[limits]\nrecipients_max = 100\n")), IsEmpty());
  EXPECT_THAT(problems_of(minimal_and("[limits]\nrecipients_max = 99\n")),
              ElementsAre(":23: limits.recipients_max is at least 100 and at most 1000000, not 99"));
  EXPECT_THAT(problems_of(with("2525", "65535")), IsEmpty());
  EXPECT_THAT(problems_of(with("2525", "65536")), ElementsAre(HasSubstr("route.port is at least 1 and at most 65535")));
  EXPECT_THAT(problems_of(with("2525", "0")), ElementsAre(HasSubstr("route.port is at least 1 and at most 65535")));
  EXPECT_THAT(problems_of(minimal_and("[limits]\nauth_failures_max = 2\n")), ElementsAre(HasSubstr("at least 3")));
}

TEST_F(Load, SeveralProblemsAreToldInOneRunInTheOrderOfTheFile) {
  std::string text = with("127.0.0.1:4465", "nowhere");
  text.replace(text.find("deliver = \"smtp\""), 16, "deliver = \"post\"");
  EXPECT_THAT(problems_of(text + "[limits]\nerrors_max = true\n"),
              ElementsAre(HasSubstr(":10:"), HasSubstr(":18:"),
                          HasSubstr(":23: limits.errors_max is a whole number, not true")));
}

TEST_F(Load, ASyntaxErrorNamesItsLine) {
  EXPECT_THAT(problems_of("hostname = \"a\"\ndata_directory = \n"), ElementsAre(testing::StartsWith(":2: ")));
}

TEST_F(Load, WhatIsNoTomlIsAnErrorWhereverItStands) {
  EXPECT_THAT(problems_of("# bücher\n" + std::string(kMinimal)), IsEmpty());
  for (const char* text :
       {"é = 1\n", "a = é\n", "a = 1 é\n", "[é]\n", "[=]\n", "[[ =", "\u00A0é = 1\n", "\uFDF0 = 1\n"})
    EXPECT_THAT(problems_of(text), ElementsAre(testing::StartsWith(":1: "))) << text;
}

TEST_F(Load, AProblemIsOneLineWhateverTheFileHolds) {
  EXPECT_THAT(problems_of("a = tru\ne\n"), ElementsAre(EndsWith("saw 'tru\\u000A'")));
  EXPECT_THAT(problems_of("\"a\\nb\\u001b\" = 1\n"), Contains(HasSubstr("unknown key \"a\\u000Ab\\u001B\"")));
}

TEST_F(Load, StringsOfAllKindsMayHoldLettersBeyondAscii) {
  const std::string head = "hostname = \"mail.example.com\" # é\ndata_directory = ";
  const std::string tail(kMinimal.substr(kMinimal.find("\n[tls]")));
  for (const char* text : {"\"é\"", "'é'", "\"\"\"é \" é\"\"\"", "'''é ' é'''", R"("é\" é")", R"("é\\" # é)",
                           R"('é\' # é)", "\"# é\"", "\"'é\""})
    EXPECT_THAT(problems_of(head + text + tail), IsEmpty()) << text;
  EXPECT_THAT(problems_of(head + R"("a\\" é)" + tail), ElementsAre(testing::StartsWith(":2: ")));
}

TEST_F(Load, SectionsAreWrittenTheWayTheyAreMeant) {
  EXPECT_THAT(problems_of("limits = 3\n" + std::string(kMinimal)),
              ElementsAre(":1: limits is written as a section: [limits]"));
  EXPECT_THAT(problems_of(minimal_and("[[limits]]\nerrors_max = 3\n")),
              ElementsAre(HasSubstr("write [limits], not [[limits]]")));
  EXPECT_THAT(problems_of("hostname = \"a.example\"\ndata_directory = \"data\"\nlistener = []\n"),
              Contains(":3: listener is written as one or more sections: [[listener]]"));
  EXPECT_THAT(problems_of(minimal_and("[\"\"]\nhostname = \"b\"\n")), ElementsAre(HasSubstr("unknown section \"\"")));
}

TEST_F(Load, WhatIsRequiredIsMissedByName) {
  EXPECT_THAT(problems_of(with("hostname = \"mail.example.com\"", "")), ElementsAre(":1: hostname is missing"));
  EXPECT_THAT(problems_of(with("address = \"127.0.0.1:4465\"", "")), ElementsAre(":8: listener.address is missing"));
  EXPECT_THAT(problems_of(with("host = \"127.0.0.1\"", "")), ElementsAre(":18: route.host is missing"));
}

TEST_F(Load, AMissingFileIsAnErrorThatNamesFileAndLine) {
  EXPECT_THAT(problems_of(with("tls/cert.pem", "tls/none.pem")),
              ElementsAre(":5: tls.certificate: " + path("tls/none.pem") + ": No such file or directory"));
  EXPECT_THAT(problems_of(with("tls/key.pem", "tls")),
              ElementsAre(":6: tls.private_key: " + path("tls") + " is not a file"));
  EXPECT_THAT(problems_of(with("tls/cert.pem", "tls/none.pem"), Depth::kValues), IsEmpty());
}

TEST_F(Load, AKeyThatEverybodyCanReadIsAWarning) {
  chmod(path("tls/key.pem").c_str(), 0604);
  const Loaded loaded = load_text(kMinimal);
  ASSERT_TRUE(loaded.configuration);
  ASSERT_EQ(loaded.problems.size(), 1);
  EXPECT_THAT(loaded.problems[0].to_string(), HasSubstr(":6: warning: tls.private_key: "));
}

TEST_F(Load, ADataDirectoryBelowAFileIsAnError) {
  EXPECT_THAT(problems_of(with("\"data\"", "\"tls/cert.pem/data\"")), ElementsAre(HasSubstr(":2: data_directory: ")));
}

TEST_F(Load, TwoListenersOnOneAddressAreAnError) {
  EXPECT_THAT(problems_of(with("127.0.0.1:4587", "127.0.0.1:4465")),
              ElementsAre(":14: 127.0.0.1:4465 is taken already by the listener at line 10"));
}

TEST_F(Load, NoListenerAndNoRouteAreErrors) {
  EXPECT_THAT(problems_of("hostname = \"a.example\"\ndata_directory = \"data\"\n"),
              ElementsAre(HasSubstr("there is no [[listener]]"), HasSubstr("there is no [[route]]")));
}

TEST_F(Load, WithoutACertificateNoListenerThatNeedsOne) {
  std::string text(kMinimal);
  text.erase(text.find("[tls]"), text.find("[[listener]]") - text.find("[tls]"));
  EXPECT_THAT(problems_of(text), ElementsAre(EndsWith("this listener needs tls.certificate and tls.private_key"),
                                             EndsWith("this listener needs tls.certificate and tls.private_key")));
}

TEST_F(Load, AuthWithoutTlsNeedsTheKeyThatSaysInsecureAndIsWarnedAbout) {
  const std::string insecure = "\ninsecure_auth_without_tls = true\n";
  EXPECT_THAT(problems_of(with("\"127.0.0.1:4587\"", "\"127.0.0.1:4587\"" + insecure)),
              ElementsAre(":15: warning: passwords are accepted without TLS on this address"));
  EXPECT_THAT(problems_of(with("\"127.0.0.1:4587\"", "\"0.0.0.0:4587\"" + insecure)),
              ElementsAre(HasSubstr(":15: warning: passwords will cross the network readable")));
  EXPECT_THAT(
      problems_of(with("\"127.0.0.1:4465\"", "\"127.0.0.1:4465\"" + insecure)),
      ElementsAre(HasSubstr(":11: insecure_auth_without_tls is for listeners with service \"submission\" alone")));
}

TEST_F(Load, MxIsRecognisedAndRefused) {
  EXPECT_THAT(problems_of(with("deliver = \"smtp\"", "deliver = \"mx\"")),
              ElementsAre(HasSubstr(":18: deliver = \"mx\" is not available yet")));
}

TEST_F(Load, ARouteBehindACatchAllIsAWarning) {
  const Loaded loaded = load_text(minimal_and("[[route]]\ndomains = [\"Example.COM\"]\ndeliver = \"discard\"\n"));
  ASSERT_TRUE(loaded.configuration);
  EXPECT_THAT(loaded.configuration->routes[1].domains, ElementsAre("example.com"));
  ASSERT_EQ(loaded.problems.size(), 1);
  EXPECT_THAT(loaded.problems[0].to_string(), HasSubstr(":23: warning: \"example.com\" is never used here"));
}

TEST_F(Load, NoRouteForEveryDomainIsAWarning) {
  EXPECT_THAT(problems_of(with("[\"*\"]", "[\"example.com\"]")),
              ElementsAre(HasSubstr(":17: warning: no [[route]] matches every domain")));
}

TEST_F(Load, KeysOfAnotherKindOfDeliveryAreErrors) {
  EXPECT_THAT(problems_of(minimal_and("path = \"mail\"\n")),
              ElementsAre(":22: route.path has no meaning for deliver = \"smtp\""));
  EXPECT_THAT(problems_of(with("deliver = \"smtp\"", "deliver = \"discard\"")),
              ElementsAre(HasSubstr("route.host has no meaning"), HasSubstr("route.port has no"),
                          HasSubstr("route.tls has no")));
}

TEST_F(Load, LmtpTakesASocketOrAHost) {
  const std::string text(kMinimal.substr(0, kMinimal.find("deliver")));
  const Loaded loaded = load_text(text + "deliver = \"lmtp\"\nsocket = \"run/lmtp\"\n");
  ASSERT_TRUE(loaded.configuration) << loaded.problems.front().to_string();
  EXPECT_EQ(loaded.configuration->routes[0].socket, path("run/lmtp"));
  EXPECT_EQ(loaded.configuration->routes[0].tls, RouteTls::kNone);
  EXPECT_THAT(problems_of(text + "deliver = \"lmtp\"\n"),
              ElementsAre(HasSubstr("needs either socket, or host and port")));
  EXPECT_THAT(problems_of(text + "deliver = \"lmtp\"\nsocket = \"a\"\nhost = \"b\"\n"),
              ElementsAre(HasSubstr("needs either socket, or host and port")));
}

TEST_F(Load, ARelayPasswordNeedsVerifiedTlsAndComesFromAFile) {
  put("relay.password", "open sesame\nsecond line\n");
  chmod(path("relay.password").c_str(), 0600);
  const std::string credentials = "username = \"relay\"\npassword_file = \"relay.password\"\n";
  EXPECT_THAT(problems_of(minimal_and(credentials)),
              ElementsAre(HasSubstr(":22: a password is sent under verified TLS alone")));
  const Loaded loaded = load_text(with("\"none\"  ", "\"required\"\n" + credentials + "#"));
  ASSERT_TRUE(loaded.configuration) << loaded.problems.front().to_string();
  EXPECT_EQ(loaded.configuration->routes[0].password.reveal(), "open sesame");
  EXPECT_THAT(problems_of(minimal_and("username = \"relay\"\n")),
              Contains(HasSubstr("username goes together with password or password_file")));
}

TEST_F(Load, APasswordIsNotRepeatedInAMessage) {
  EXPECT_THAT(problems_of(minimal_and("password = \"hunter2\\n\"\n")), ElementsAre(testing::Not(HasSubstr("hunter2"))));
}

TEST_F(Load, AnSmtpListenerNeedsLocalDomainsWithARoute) {
  EXPECT_THAT(problems_of(with("\"submission\"", "\"smtp\"")),
              ElementsAre(HasSubstr("accepts mail for local_domains alone")));
  std::string text = "local_domains = [\"example.org\"]\n" + with("\"submission\"", "\"smtp\"");
  EXPECT_THAT(problems_of(text), IsEmpty());
  text.replace(text.find("[\"*\"]"), 5, "[\"*.example.org\"]");
  EXPECT_THAT(problems_of(text), Contains(HasSubstr(":1: no [[route]] matches the local domain \"example.org\"")));
}

TEST_F(Load, AnUnreadableFileIsOneLine) {
  const Result<Configuration> loaded = load(path("none.toml"));
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().fault, Fault::kConfiguration);
  EXPECT_EQ(loaded.error().text, path("none.toml") + ": No such file or directory");
  EXPECT_THAT(load(directory_.string()).error().text, EndsWith(": is a directory"));
}

TEST_F(Load, TheFirstErrorStandsForAllAndCountsThem) {
  put("sealpost.toml", minimal_and("[limits]\nzebra = 1\nyak = 1\nerrors_max = 0\n"));
  EXPECT_EQ(
      load(path("sealpost.toml")).error().text,
      path("sealpost.toml") + ":23: unknown key \"limits.zebra\" (and 2 more; \"sealpost config check\" shows all)");
}

TEST_F(Load, AFileOfOneMebibyteLoadsAndOneOctetMoreIsRefused) {
  std::string text(kMinimal);
  text.append("#").append(kTextMax - text.size() - 1, 'x').append("\n");
  ASSERT_EQ(text.size(), kTextMax);
  EXPECT_THAT(problems_of(text), IsEmpty());
  EXPECT_THAT(problems_of(text + "#"), ElementsAre(HasSubstr(": is larger than 1048576 octets")));
}

TEST(MinimalFile, HasTheLinesThatTheseTestsCount) { EXPECT_EQ(std::ranges::count(kMinimal, '\n'), kMinimalLines); }

}  // namespace
}  // namespace sealpost::config
