#include "smtp/line_reader.h"

#include <vector>

#include <gtest/gtest.h>

namespace sealpost::smtp {
namespace {

constexpr std::size_t kLimit = 16;

std::string describe(const LineReader::Step& step) {
  if (const auto* line = std::get_if<Line>(&step)) return "line " + std::string(line->text);
  if (std::holds_alternative<LineTooLong>(step)) return "too long";
  if (const auto* fault = std::get_if<FramingFault>(&step)) return "fault " + std::to_string(static_cast<int>(*fault));
  return "more";
}

/// What comes out when `octets` are fed in pieces of `piece` octets; ends at the first fault.
std::vector<std::string> read_in_pieces(std::string_view octets, std::size_t piece, std::size_t limit = kLimit) {
  LineReader reader;
  Input input;
  std::vector<std::string> results;
  while (true) {
    const LineReader::Step step = reader.next(input, limit);
    if (!std::holds_alternative<NeedMoreInput>(step)) {
      results.push_back(describe(step));
      if (std::holds_alternative<FramingFault>(step)) return results;
      continue;
    }
    EXPECT_TRUE(input.is_empty());
    if (octets.empty()) return results;
    input.feed(octets.substr(0, piece));
    octets.remove_prefix(std::min(piece, octets.size()));
  }
}

std::string fault(FramingFault kind) { return describe(kind); }

using Results = std::vector<std::string>;

TEST(LineReader, CutsLinesAtCrlf) {
  EXPECT_EQ(read_in_pieces("EHLO a\r\n\r\nQUIT\r\nrest", 100), (Results{"line EHLO a", "line ", "line QUIT"}));
}

TEST(LineReader, ReturnsAViewOfTheInputWhenTheLineIsWhole) {
  LineReader reader;
  Input input;
  const std::string octets = "NOOP\r\nQUIT\r\n";
  input.feed(octets);
  const LineReader::Step step = reader.next(input, kLimit);
  EXPECT_EQ(std::get<Line>(step).text.data(), octets.data());
  EXPECT_EQ(input.view(), "QUIT\r\n");
  EXPECT_EQ(reader.memory(), 0u);
}

TEST(LineReader, JoinsALineThatWasCutAnywhere) {
  const std::string_view octets = "MAIL FROM:<>\r\nDATA\r\n";
  for (std::size_t piece = 1; piece <= octets.size(); ++piece) {
    EXPECT_EQ(read_in_pieces(octets, piece), (Results{"line MAIL FROM:<>", "line DATA"})) << piece;
  }
}

TEST(LineReader, ReportsFaultsOfTheFirstOffendingOctet) {
  const auto expect_fault = [](std::string_view octets, FramingFault kind) {
    for (std::size_t piece = 1; piece <= octets.size(); ++piece) {
      EXPECT_EQ(read_in_pieces(octets, piece), (Results{"line A", fault(kind)})) << octets << " by " << piece;
    }
  };
  expect_fault("A\r\nB\n", FramingFault::kBareLf);
  expect_fault("A\r\n\n", FramingFault::kBareLf);
  expect_fault("A\r\nB\rC\r\n", FramingFault::kBareCr);
  expect_fault("A\r\n\r\r\n", FramingFault::kBareCr);
  expect_fault(std::string_view("A\r\nB\0\r\n", 7), FramingFault::kNul);
  expect_fault(std::string_view("A\r\nB\r\0\r\n", 8), FramingFault::kBareCr);
  expect_fault("A\r\n\x16\x03\x01", FramingFault::kTlsRecord);
}

TEST(LineReader, GoesOnReportingAFault) {
  LineReader reader;
  Input input;
  input.feed("A\nQUIT\r\n");
  EXPECT_EQ(std::get<FramingFault>(reader.next(input, kLimit)), FramingFault::kBareLf);
  EXPECT_EQ(std::get<FramingFault>(reader.next(input, kLimit)), FramingFault::kBareLf);
}

TEST(LineReader, TakesALineOfTheLimitAndRefusesOneOctetMore) {
  const std::string at_limit(kLimit - 2, 'x');
  const std::string octets = at_limit + "\r\n" + at_limit + "y\r\nQUIT\r\n";
  for (std::size_t piece = 1; piece <= octets.size(); ++piece) {
    EXPECT_EQ(read_in_pieces(octets, piece), (Results{"line " + at_limit, "too long", "line QUIT"})) << piece;
  }
}

TEST(LineReader, SkipsOnlySoMuchOfALine) {
  const std::string longest(kLimit + kDiscardMax, 'x');
  for (const std::size_t piece : {std::size_t{1}, std::size_t{4096}, longest.size() + 3}) {
    EXPECT_EQ(read_in_pieces(longest + "\r\nA\r\n", piece), (Results{"too long", "line A"})) << piece;
    EXPECT_EQ(read_in_pieces(longest + "x\r\nA\r\n", piece), (Results{fault(FramingFault::kEndlessLine)})) << piece;
  }
}

TEST(LineReader, HoldsNoMoreThanTheLimitAndNothingBetweenLines) {
  LineReader reader;
  Input input;
  const std::string half(1500, 'x');
  input.feed(half);
  ASSERT_TRUE(std::holds_alternative<NeedMoreInput>(reader.next(input, kCommandLineMax)));
  EXPECT_TRUE(reader.is_in_line());
  EXPECT_GE(reader.memory(), half.size());
  input.feed(half);  // beyond the limit: nothing is worth keeping any more
  ASSERT_TRUE(std::holds_alternative<NeedMoreInput>(reader.next(input, kCommandLineMax)));
  EXPECT_EQ(reader.memory(), 0u);
  input.feed("\r\n");
  ASSERT_TRUE(std::holds_alternative<LineTooLong>(reader.next(input, kCommandLineMax)));

  input.feed(half);
  ASSERT_TRUE(std::holds_alternative<NeedMoreInput>(reader.next(input, kCommandLineMax)));
  input.feed("\r\n");
  EXPECT_EQ(std::get<Line>(reader.next(input, kCommandLineMax)).text, half);
  EXPECT_FALSE(reader.is_in_line());
  ASSERT_TRUE(std::holds_alternative<NeedMoreInput>(reader.next(input, kCommandLineMax)));
  EXPECT_EQ(reader.memory(), 0u);
}

TEST(LineReader, IsInALineAfterItsCr) {
  LineReader reader;
  Input input;
  input.feed("\r");
  ASSERT_TRUE(std::holds_alternative<NeedMoreInput>(reader.next(input, kLimit)));
  EXPECT_TRUE(reader.is_in_line());
}

}  // namespace
}  // namespace sealpost::smtp
