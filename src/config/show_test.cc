#include "config/show.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/read.h"
#include "config/reference.h"

namespace sealpost::config {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr char kFile[] = "/etc/sealpost/sealpost.toml";

Configuration read(std::string_view text) {
  Problems problems(kFile);
  Configuration configuration = read_text(text, kFile, problems);
  for (const Problem& problem : std::move(problems).take()) ADD_FAILURE() << problem.to_string();
  return configuration;
}

std::string without_marks(std::string text) {
  for (std::size_t at = 0; (at = text.find("  # default")) != std::string::npos;) text.erase(at, 11);
  return text;
}

TEST(Show, MarksWhatIsADefaultAndLeavesTheRest) {
  const std::string text = show_toml(read(minimal_example()));
  EXPECT_THAT(text, HasSubstr("\nhostname = \"mail.example.com\"\n"));
  EXPECT_THAT(text, HasSubstr("\ndata_directory = \"/etc/sealpost/data\"\n"));
  EXPECT_THAT(text, HasSubstr("\nmessage_size_max = \"50MiB\"  # default\n"));
  EXPECT_THAT(text, HasSubstr("\ncommand_timeout = \"5m\"  # default\n"));
  EXPECT_THAT(text, HasSubstr("\nretry = [\"1m\", \"5m\", \"15m\", \"30m\", \"1h\", \"2h\", \"4h\"]  # default\n"));
  EXPECT_THAT(text, HasSubstr("\naddress = \"127.0.0.1:4465\"\n"));
  EXPECT_THAT(text, HasSubstr("\n# username is not set\n"));
  EXPECT_THAT(text, Not(HasSubstr("\npath =")));
}

TEST(Show, WhatIsShownReadsBackAsTheSame) {
  const std::string once = show_toml(read(minimal_example()));
  EXPECT_EQ(without_marks(show_toml(read(once))), without_marks(once));
  EXPECT_THAT(show_toml(read(once)), Not(HasSubstr("# default")));
}

TEST(Show, NeverShowsAPassword) {
  const std::string text = std::string(minimal_example()) + "username = \"relay\"\npassword = \"hunter2\"\n";
  EXPECT_THAT(show_toml(read(text)), HasSubstr("\n# password is set, and not shown\n"));
  EXPECT_THAT(show_toml(read(text)), Not(HasSubstr("hunter2")));
  EXPECT_THAT(show_json(read(text)), HasSubstr("\"password\": \"***\""));
  EXPECT_THAT(show_json(read(text)), Not(HasSubstr("hunter2")));
}

TEST(Show, JsonHasPlainNumbersAndListsOfSections) {
  const std::string text = show_json(read(minimal_example()));
  EXPECT_THAT(text, HasSubstr("\"message_size_max\": 52428800"));
  EXPECT_THAT(text, HasSubstr("\"command_timeout\": 300"));
  EXPECT_THAT(text, HasSubstr("\"listener\": [{\"service\": \"submissions\", \"address\": \"127.0.0.1:4465\""));
  EXPECT_THAT(text, HasSubstr("\"ca_file\": null"));
}

}  // namespace
}  // namespace sealpost::config
