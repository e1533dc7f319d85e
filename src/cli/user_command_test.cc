#include "cli/user_command.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include <CLI/CLI.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"
#include "identity/password_hash.h"
#include "identity/user_database.h"

namespace sealpost::cli {
namespace {

using identity::UserDatabase;
using testing::HasSubstr;

/// Runs the command as a shell would, with a text on standard input, and keeps what it prints.
class UserCommand : public testing::Test {
 protected:
  UserCommand() {
    std::string name = (std::filesystem::temp_directory_path() / "sealpost-cli-XXXXXX").string();
    directory_ = mkdtemp(name.data());
    std::ofstream(path("sealpost.toml")) << R"(hostname = "mail.example.com"
data_directory = "data"
[tls]
certificate = "not-made-yet.pem"
private_key = "not-made-yet.pem"
[[listener]]
service = "submissions"
address = "127.0.0.1:4465"
[[route]]
domains = ["*"]
deliver = "discard"
)";
  }
  ~UserCommand() override { std::filesystem::remove_all(directory_); }

  std::string path(const std::string& name) const { return (directory_ / name).string(); }

  int run(std::vector<std::string> arguments, std::string_view input = {}) {
    std::ofstream(path("input")) << input;
    const int before = dup(STDIN_FILENO);
    EXPECT_TRUE(std::freopen(path("input").c_str(), "r", stdin));
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    CLI::App root;
    int status = kDone;
    add_user_command(root, status);
    arguments.insert(arguments.begin(), "user");
    arguments.insert(arguments.end(), {"--config", path("sealpost.toml")});
    std::ranges::reverse(arguments);  // the library takes them from the back
    try {
      root.parse(arguments);
    } catch (const CLI::ParseError&) {
      status = kWrongUsage;
    }
    std::fflush(stdout);
    printed_ = testing::internal::GetCapturedStdout();
    complaint_ = testing::internal::GetCapturedStderr();
    dup2(before, STDIN_FILENO);
    close(before);
    return status;
  }
  bool is_password(const std::string& name, std::string_view password) {
    UserDatabase users = *UserDatabase::open(path("data/users.db"), UserDatabase::Open::kExisting);
    return *identity::verify_password((*users.find(name))->password_hash, SecretString(password));
  }

  std::filesystem::path directory_;
  std::string printed_;
  std::string complaint_;
};

TEST_F(UserCommand, AddsAUserWithAPasswordFromStandardInputBeforeTheServerEverRan) {
  EXPECT_EQ(run({"add", "ann@example.com", "--password-stdin"}, "secret\n"), kDone) << complaint_;
  EXPECT_TRUE(is_password("ann@example.com", "secret"));
  EXPECT_EQ(printed_ + complaint_, "");
  struct stat status{};
  ASSERT_EQ(stat(path("data").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700);
}

TEST_F(UserCommand, ThePasswordIsOneLineWithoutItsEnd) {
  EXPECT_EQ(run({"add", "ann", "--password-stdin"}, " with blanks \r\nnot this"), kDone);
  EXPECT_TRUE(is_password("ann", " with blanks "));
  EXPECT_EQ(run({"set-password", "ann", "--password-stdin"}, "no line end"), kDone);
  EXPECT_TRUE(is_password("ann", "no line end"));
}

TEST_F(UserCommand, RefusesPasswordsThatNobodyCouldUse) {
  for (const std::string& input :
       {std::string(), std::string("\n"), std::string("\xff\n"), std::string(256, 'x'), std::string(5000, 'x')}) {
    EXPECT_EQ(run({"add", "ann", "--password-stdin"}, input), kFailed);
    EXPECT_THAT(complaint_, testing::StartsWith("sealpost user: the password "));
  }
  EXPECT_EQ(run({"add", "ann", "--password-stdin"}, std::string(255, 'x') + "\n"), kDone);
}

TEST_F(UserCommand, WithoutATerminalThePasswordIsNotAskedFor) {
  EXPECT_EQ(run({"add", "ann"}, "secret\nsecret\n"), kFailed);
  EXPECT_THAT(complaint_, HasSubstr("--password-stdin"));
}

TEST_F(UserCommand, ASecondUserOfThatNameIsRefusedInOneLine) {
  EXPECT_EQ(run({"add", "ann@example.com", "--password-stdin"}, "secret\n"), kDone);
  EXPECT_EQ(run({"add", "ann@example.com", "--password-stdin"}, "other\n"), kFailed);
  EXPECT_EQ(complaint_, "sealpost user: there is already a user ann@example.com; use set-password to change it\n");
  EXPECT_TRUE(is_password("ann@example.com", "secret"));
}

TEST_F(UserCommand, ListsDisablesEnablesAndDeletes) {
  EXPECT_EQ(run({"list"}), kDone);
  EXPECT_EQ(printed_, "no users\n");
  EXPECT_EQ(run({"list", "--json"}), kDone);
  EXPECT_EQ(printed_, "[]\n");
  EXPECT_EQ(run({"add", "ann@example.com", "--password-stdin"}, "secret\n"), kDone);
  EXPECT_EQ(run({"add", "bob", "--password-stdin"}, "secret\n"), kDone);
  EXPECT_EQ(run({"disable", "bob"}), kDone);
  EXPECT_EQ(run({"list"}), kDone);
  EXPECT_THAT(printed_, testing::MatchesRegex("NAME             STATE     CREATED     CHANGED\n"
                                              "ann@example.com  enabled   [0-9-]*  [0-9-]*\n"
                                              "bob              disabled  [0-9-]*  [0-9-]*\n"));
  EXPECT_EQ(run({"list", "--json"}), kDone);
  EXPECT_THAT(printed_, HasSubstr("{\"name\": \"bob\", \"is_enabled\": false, \"created\": \""));
  EXPECT_EQ(run({"enable", "bob"}), kDone);
  EXPECT_EQ(run({"delete", "ann@example.com"}), kDone);
  EXPECT_EQ(run({"list"}), kDone);
  EXPECT_THAT(printed_, HasSubstr("bob   enabled"));
  EXPECT_THAT(printed_, testing::Not(HasSubstr("ann")));
}

TEST_F(UserCommand, WhoIsNotThereIsAFailureAndNoNameIsWrongUsage) {
  EXPECT_EQ(run({"add", "ann", "--password-stdin"}, "secret\n"), kDone);
  for (const char* verb : {"disable", "enable", "delete"}) {
    EXPECT_EQ(run({verb, "zoe"}), kFailed);
    EXPECT_EQ(complaint_, "sealpost user: there is no user zoe\n");
    EXPECT_EQ(run({verb}), kWrongUsage);
  }
  EXPECT_EQ(run({"list", "ann"}), kWrongUsage);
}

TEST_F(UserCommand, AConfigurationWithAMistakeIsNamedWithFileAndLine) {
  std::ofstream(path("sealpost.toml"), std::ios::app) << "zebra = 1\n";
  EXPECT_EQ(run({"list"}), kFailed);
  EXPECT_EQ(complaint_, "sealpost user: " + path("sealpost.toml") + ":12: unknown key \"route.zebra\"\n");
}

}  // namespace
}  // namespace sealpost::cli
