#include "config/reference.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/check.h"
#include "config/parameter_table.h"
#include "config/read.h"

namespace sealpost::config {
namespace {

const std::filesystem::path kPage = std::filesystem::path(__FILE__).parent_path() / "../../docs/configuration.md";

TEST(Reference, ThePageInDocsIsTheOneOfTheTable) {
  if (std::getenv("SEALPOST_WRITE_REFERENCE")) std::ofstream(kPage) << reference_page();
  std::ifstream file(kPage);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(text, reference_page()) << "write it again with SEALPOST_WRITE_REFERENCE=1";
}

TEST(Reference, EveryParameterHasItsLine) {
  const std::string page = reference_page();
  for (const Parameter& row : parameters())
    EXPECT_THAT(page, testing::HasSubstr("\n| `" + std::string(row.key) + "` | ")) << row.section;
}

TEST(Reference, TheExampleIsAValidConfiguration) {
  Problems problems("example");
  const Configuration configuration = read_text(minimal_example(), "/etc/sealpost/sealpost.toml", problems);
  check_values(configuration, problems);
  EXPECT_THAT(std::move(problems).take(), testing::IsEmpty());
}

TEST(ParameterTable, EveryRowIsComplete) {
  for (const Parameter& row : parameters()) {
    const std::string name = full_name(row.section, row.key);
    EXPECT_NE(find_section(row.section), nullptr) << name;
    EXPECT_EQ(find_parameter(row.section, row.key), &row) << name << " stands twice";
    EXPECT_FALSE(row.sentence.empty()) << name;
    EXPECT_TRUE(row.set && row.get) << name;
    EXPECT_EQ(row.type == Type::kChoice, !row.choices.empty()) << name;
    EXPECT_LE(row.minimum, row.maximum) << name;
  }
}

TEST(ParameterTable, EveryDefaultIsWithinItsRangeAndBothLimitsFitTheMember) {
  Configuration configuration;
  for (const SectionRow& section : sections())
    if (section.add) section.add(configuration);
  for (const Parameter& row : parameters()) {
    const Value value = row.get(configuration, 0);
    const auto* number = std::get_if<std::int64_t>(&value);
    if (!number || row.type == Type::kChoice) continue;
    const std::string name = full_name(row.section, row.key);
    if (row.computed_default.empty()) {
      EXPECT_GE(*number, row.minimum) << name;
      EXPECT_LE(*number, row.maximum) << name;
    }
    for (const std::int64_t limit : {row.minimum, row.maximum}) {
      row.set(configuration, 0, limit);
      EXPECT_EQ(row.get(configuration, 0), Value(limit)) << name;
    }
  }
}

}  // namespace
}  // namespace sealpost::config
