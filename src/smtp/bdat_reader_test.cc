#include "smtp/bdat_reader.h"

#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace sealpost::smtp {
namespace {

struct Reading {
  std::string content;
  std::optional<FramingFault> fault;
  std::string rest;  // what was left in the input
  friend bool operator==(const Reading&, const Reading&) = default;
};

/// Reads `chunks`, the last with LAST, each fed in pieces of `piece` octets; `behind` follows in the same feed as the
/// end of each chunk.
Reading read(const std::vector<std::string>& chunks, std::size_t piece, std::string_view behind = "") {
  BdatReader reader;
  Reading reading;
  for (std::size_t index = 0; index < chunks.size(); ++index) {
    Input input;
    const std::string fed = chunks[index] + std::string(behind);
    std::string_view rest = fed;
    reader.begin_chunk(chunks[index].size(), index + 1 == chunks.size());
    while (true) {
      const BdatReader::Step step = reader.next(input);
      if (const auto* content = std::get_if<ContentPiece>(&step)) {
        EXPECT_FALSE(content->octets.empty());
        reading.content += content->octets;
      } else if (const auto* fault = std::get_if<FramingFault>(&step)) {
        reading.fault = *fault;
        return reading;
      } else if (const auto* end = std::get_if<EndOfChunk>(&step)) {
        EXPECT_EQ(end->is_last, index + 1 == chunks.size());
        reading.rest = std::string(input.view()) + std::string(rest);
        break;
      } else {
        EXPECT_FALSE(rest.empty()) << "more input wanted than the chunk has";
        if (rest.empty()) return reading;
        input.feed(rest.substr(0, piece));
        rest.remove_prefix(std::min(piece, rest.size()));
      }
    }
  }
  return reading;
}

Reading content(std::string octets, std::string rest = "") {
  return {std::move(octets), std::nullopt, std::move(rest)};
}

TEST(BdatReader, TakesExactlyTheChunk) {
  for (std::size_t piece = 1; piece < 20; ++piece) {
    EXPECT_EQ(read({"Hello\r\n"}, piece, "QUIT\r\n"), content("Hello\r\n", "QUIT\r\n")) << piece;
  }
}

TEST(BdatReader, LeavesDotsAlone) { EXPECT_EQ(read({".\r\n..\r\n.\r\n"}, 100), content(".\r\n..\r\n.\r\n")); }

TEST(BdatReader, JoinsChunksThatWereCutAnywhere) {
  const std::string octets = "A\r\n\r\nB\r\n";
  for (std::size_t cut = 0; cut <= octets.size(); ++cut) {
    for (std::size_t piece = 1; piece <= octets.size(); ++piece) {
      EXPECT_EQ(read({octets.substr(0, cut), octets.substr(cut), ""}, piece), content(octets)) << cut << ' ' << piece;
    }
  }
}

TEST(BdatReader, AddsTheMissingEndOfTheLastLine) {
  EXPECT_EQ(read({"Hello"}, 100), content("Hello\r\n"));
  EXPECT_EQ(read({"Hello", ""}, 100), content("Hello\r\n"));
  EXPECT_EQ(read({"Hello\r\n", ""}, 100), content("Hello\r\n"));
}

TEST(BdatReader, LeavesAnEmptyMessageEmpty) {
  EXPECT_EQ(read({""}, 100), content(""));
  EXPECT_EQ(read({"", "", ""}, 100), content(""));
}

TEST(BdatReader, RefusesBareCrBareLfAndNulAlsoAcrossChunks) {
  const auto expect_fault = [](const std::vector<std::string>& chunks, const std::string& before, FramingFault fault) {
    for (std::size_t piece = 1; piece < 8; ++piece) {
      EXPECT_EQ(read(chunks, piece), (Reading{before, fault, ""})) << piece;
    }
  };
  expect_fault({"A\n"}, "A", FramingFault::kBareLf);
  expect_fault({"\n"}, "", FramingFault::kBareLf);
  expect_fault({"A\rB"}, "A", FramingFault::kBareCr);
  expect_fault({"A\r\r\n"}, "A", FramingFault::kBareCr);
  expect_fault({std::string("A\0", 2)}, "A", FramingFault::kNul);
  expect_fault({"A\r", "B"}, "A", FramingFault::kBareCr);
  expect_fault({"A\r\n", "\n"}, "A\r\n", FramingFault::kBareLf);
  expect_fault({"A\r"}, "A", FramingFault::kBareCr);
  expect_fault({"A\r", ""}, "A", FramingFault::kBareCr);
}

TEST(BdatReader, EveryStringUpToSixOctetsHasOneMeaningHoweverItIsCut) {
  constexpr std::string_view kAlphabet("\r\n.\0A", 5);
  for (std::size_t size = 0; size <= 6; ++size) {
    std::size_t count = 1;
    for (std::size_t i = 0; i < size; ++i) count *= kAlphabet.size();
    for (std::size_t number = 0; number < count; ++number) {
      std::string octets;
      for (std::size_t i = 0, digits = number; i < size; ++i, digits /= kAlphabet.size()) {
        octets += kAlphabet[digits % kAlphabet.size()];
      }
      Reading expected;
      for (std::size_t at = 0; at < size && !expected.fault; ++at) {
        if (octets[at] == '\0') expected.fault = FramingFault::kNul;
        if (octets[at] == '\n') expected.fault = FramingFault::kBareLf;
        if (octets[at] == '\r' && octets.substr(at, 2) != "\r\n") expected.fault = FramingFault::kBareCr;
        if (expected.fault) break;
        if (octets[at] == '\r') expected.content += octets[at++];
        expected.content += octets[at];
      }
      if (!expected.fault && !expected.content.empty() && !expected.content.ends_with("\r\n"))
        expected.content += "\r\n";
      ASSERT_EQ(read({octets}, 100), expected) << testing::PrintToString(octets);
      ASSERT_EQ(read({octets}, 1), expected) << testing::PrintToString(octets);
      for (std::size_t cut = 0; cut <= size; ++cut) {
        ASSERT_EQ(read({octets.substr(0, cut), octets.substr(cut)}, 100), expected)
            << testing::PrintToString(octets) << ' ' << cut;
      }
    }
  }
}

TEST(BdatReader, TakesAChunkOfAnySize) {
  BdatReader reader;
  reader.begin_chunk(18'446'744'073'709'551'615u, true);
  Input input;
  input.feed("abc");
  EXPECT_EQ(std::get<ContentPiece>(reader.next(input)).octets, "abc");
  EXPECT_EQ(reader.remaining_octets(), 18'446'744'073'709'551'612u);
}

TEST(ChunkSkipper, TakesExactlyTheChunk) {
  ChunkSkipper skipper(5);
  Input input;
  EXPECT_FALSE(skipper.skip(input));
  input.feed("\n\n\n");
  EXPECT_FALSE(skipper.skip(input));
  EXPECT_EQ(skipper.remaining_octets(), 2u);
  input.feed(std::string_view("\0\rQUIT\r\n", 8));
  EXPECT_TRUE(skipper.skip(input));
  EXPECT_EQ(input.view(), "QUIT\r\n");
}

}  // namespace
}  // namespace sealpost::smtp
