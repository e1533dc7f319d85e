#include "smtp/data_reader.h"

#include <optional>
#include <string>

#include <gtest/gtest.h>

namespace sealpost::smtp {
namespace {

struct Reading {
  std::string content;
  bool is_ended = false;
  std::optional<FramingFault> fault;
  std::size_t taken = 0;  // octets behind which the next command begins; only when ended
  friend bool operator==(const Reading&, const Reading&) = default;
};

/// Feeds `octets` in pieces of `first` and then of `others` octets.
Reading read(std::string_view octets, std::size_t first, std::size_t others) {
  DataReader reader;
  Input input;
  Reading reading;
  std::size_t fed = 0;
  std::size_t piece = first;
  while (true) {
    const DataReader::Step step = reader.next(input);
    if (const auto* content = std::get_if<ContentPiece>(&step)) {
      EXPECT_FALSE(content->octets.empty());
      reading.content += content->octets;
    } else if (const auto* fault = std::get_if<FramingFault>(&step)) {
      reading.fault = *fault;
      return reading;
    } else if (std::holds_alternative<EndOfData>(step)) {
      reading.is_ended = true;
      reading.taken = fed - input.view().size();
      return reading;
    } else {
      EXPECT_TRUE(input.is_empty());
      if (fed == octets.size()) return reading;
      input.feed(octets.substr(fed, piece));
      fed = std::min(octets.size(), fed + piece);
      piece = others;
    }
  }
}

Reading read_whole(std::string_view octets) { return read(octets, octets.size() + 1, 1); }

Reading ended(std::string content, std::size_t taken) { return {std::move(content), true, std::nullopt, taken}; }

TEST(DataReader, EndsAtTheLineThatIsADot) {
  EXPECT_EQ(read_whole("Subject: x\r\n\r\nHello\r\n.\r\nQUIT\r\n"), ended("Subject: x\r\n\r\nHello\r\n", 24));
}

TEST(DataReader, TakesAnEmptyMessage) { EXPECT_EQ(read_whole(".\r\n"), ended("", 3)); }

TEST(DataReader, RemovesOneLeadingDot) {
  EXPECT_EQ(read_whole("..\r\n...a\r\n.b\r\na.b\r\n.\r\n"), ended(".\r\n..a\r\nb\r\na.b\r\n", 22));
}

TEST(DataReader, YieldsOneViewOfTheInputWhenNothingIsRemoved) {
  const std::string octets = "Subject: x\r\n\r\nHello\r\n.\r\n";
  DataReader reader;
  Input input;
  input.feed(octets);
  const DataReader::Step step = reader.next(input);
  EXPECT_EQ(std::get<ContentPiece>(step).octets, "Subject: x\r\n\r\nHello\r\n");
  EXPECT_EQ(std::get<ContentPiece>(step).octets.data(), octets.data());
  EXPECT_TRUE(std::holds_alternative<EndOfData>(reader.next(input)));
  EXPECT_TRUE(input.is_empty());
}

TEST(DataReader, TakesLongLinesUnchanged) {
  const std::string line(100'000, 'x');
  EXPECT_EQ(read_whole(line + "\r\n.\r\n"), ended(line + "\r\n", line.size() + 5));
}

TEST(DataReader, RefusesTheKnownSmugglingSequences) {
  const auto expect_fault = [](std::string_view octets, FramingFault fault) {
    const Reading reading = read_whole(octets);
    EXPECT_FALSE(reading.is_ended) << octets;
    EXPECT_EQ(reading.fault, fault) << octets;
  };
  expect_fault("a\n.\nMAIL FROM:<x>\r\n.\r\n", FramingFault::kBareLf);
  expect_fault("a\n.\r\n", FramingFault::kBareLf);
  expect_fault("a\r\n.\nMAIL\r\n.\r\n", FramingFault::kBareLf);
  expect_fault("a\r.\r\r\n.\r\n", FramingFault::kBareCr);
  expect_fault("a\r\n.\rMAIL\r\n.\r\n", FramingFault::kBareCr);
  expect_fault("a\r\n.\r\r\n.\r\n", FramingFault::kBareCr);
  expect_fault(std::string_view("a\r\n.\0\r\n.\r\n", 10), FramingFault::kNul);
  expect_fault(std::string_view("a\r\n\0.\r\n.\r\n", 10), FramingFault::kNul);
}

/// The definition, line by line, with nothing else in mind.
Reading reference(std::string_view octets) {
  Reading reading;
  std::string_view rest = octets;
  while (true) {
    std::size_t at = 0;
    while (at < rest.size() && rest[at] != '\r' && rest[at] != '\n' && rest[at] != '\0') ++at;
    std::string_view line = rest.substr(0, at);
    const bool is_broken = at < rest.size() && (rest[at] != '\r' || (at + 1 < rest.size() && rest[at + 1] != '\n'));
    const bool is_complete = !is_broken && at + 1 < rest.size();
    if (is_complete && line == ".") {
      reading.is_ended = true;
      reading.taken = octets.size() - rest.size() + 3;
      return reading;
    }
    if (line.starts_with('.')) line.remove_prefix(1);
    reading.content += line;
    if (is_broken) {
      reading.fault = rest[at] == '\r'   ? FramingFault::kBareCr
                      : rest[at] == '\n' ? FramingFault::kBareLf
                                         : FramingFault::kNul;
    }
    if (!is_complete) return reading;
    reading.content += "\r\n";
    rest.remove_prefix(at + 2);
  }
}

TEST(DataReader, EveryStringUpToEightOctetsHasOneMeaningHoweverItIsCut) {
  constexpr std::string_view kAlphabet("\r\n.\0A", 5);
  std::size_t ended_count = 0;
  for (std::size_t size = 0; size <= 8; ++size) {
    std::size_t count = 1;
    for (std::size_t i = 0; i < size; ++i) count *= kAlphabet.size();
    for (std::size_t number = 0; number < count; ++number) {
      std::string octets;
      for (std::size_t i = 0, digits = number; i < size; ++i, digits /= kAlphabet.size()) {
        octets += kAlphabet[digits % kAlphabet.size()];
      }
      const Reading expected = reference(octets);
      ASSERT_EQ(read_whole(octets), expected) << testing::PrintToString(octets);
      ASSERT_EQ(read(octets, 1, 1), expected) << testing::PrintToString(octets);
      for (std::size_t cut = 1; cut < size; ++cut) {
        ASSERT_EQ(read(octets, cut, size), expected) << testing::PrintToString(octets) << " cut at " << cut;
      }
      // RFC 5321 §4.1.1.4: exactly <CRLF>.<CRLF> ends it, the CRLF of the DATA command counted, and nothing bare stands
      // before.
      if (expected.is_ended) {
        ++ended_count;
        ASSERT_EQ(("\r\n" + octets).find("\r\n.\r\n"), expected.taken - 3);
      }
    }
  }
  // Of the 488281 strings these match ^((?!\.\r\n)[.A]*\r\n)*\.\r\n, counted once with a regular expression.
  EXPECT_EQ(ended_count, 4133u);
}

}  // namespace
}  // namespace sealpost::smtp
