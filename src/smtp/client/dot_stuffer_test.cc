#include "smtp/client/dot_stuffer.h"

#include <gtest/gtest.h>

namespace sealpost::smtp {
namespace {

struct Stuffed {
  std::string wire;
  bool has_bare_line_end = false;
};

Stuffed stuff_in_pieces(std::string_view content, std::size_t first, std::size_t second) {
  DotStuffer stuffer;
  std::string buffer;
  Stuffed result;
  for (const std::string_view piece :
       {content.substr(0, first), content.substr(first, second - first), content.substr(second)}) {
    result.wire += stuffer.stuff(piece, buffer);
    result.has_bare_line_end |= stuffer.has_bare_line_end();
  }
  result.wire += stuffer.end();
  result.has_bare_line_end |= stuffer.has_bare_line_end();
  return result;
}

TEST(DotStuffer, DoublesTheDotThatBeginsALine) {
  for (const auto& [content, wire] : std::initializer_list<std::pair<std::string_view, std::string_view>>{
           {"", ".\r\n"},
           {"a\r\n", "a\r\n.\r\n"},
           {"a", "a\r\n.\r\n"},
           {".\r\n", "..\r\n.\r\n"},
           {".a\r\n..b\r\nc.\r\n.\r\n\r\n.", "..a\r\n...b\r\nc.\r\n..\r\n\r\n..\r\n.\r\n"}}) {
    for (std::size_t first = 0; first <= content.size(); ++first) {
      for (std::size_t second = first; second <= content.size(); ++second) {
        const Stuffed stuffed = stuff_in_pieces(content, first, second);
        EXPECT_EQ(stuffed.wire, wire) << content << " cut at " << first << " and " << second;
        EXPECT_FALSE(stuffed.has_bare_line_end);
      }
    }
  }
}

TEST(DotStuffer, FindsEveryBareLineEndHoweverItIsCut) {
  // All contents up to six octets of these three: exactly those in which CR and LF come as CRLF pass.
  constexpr std::string_view kOctets = "\r\n.";
  for (std::size_t size = 1; size <= 6; ++size) {
    std::size_t combinations = 1;
    for (std::size_t i = 0; i < size; ++i) combinations *= kOctets.size();
    for (std::size_t number = 0; number < combinations; ++number) {
      std::string content;
      for (std::size_t i = 0, rest = number; i < size; ++i, rest /= kOctets.size())
        content += kOctets[rest % kOctets.size()];
      bool is_bare = false;
      for (std::size_t i = 0; i < size; ++i) {
        if (content[i] == '\r') is_bare |= i + 1 == size || content[i + 1] != '\n';
        if (content[i] == '\n') is_bare |= i == 0 || content[i - 1] != '\r';
      }
      for (std::size_t first = 0; first <= size; ++first) {
        for (std::size_t second = first; second <= size; ++second)
          ASSERT_EQ(stuff_in_pieces(content, first, second).has_bare_line_end, is_bare)
              << number << " of size " << size;
      }
    }
  }
}

TEST(DotStuffer, CopiesNothingWhenNothingChanges) {
  DotStuffer stuffer;
  std::string buffer = "old";
  const std::string content = "From: a@b\r\n\r\nbody without leading dots.\r\n";
  EXPECT_EQ(stuffer.stuff(content, buffer).data(), content.data());
  EXPECT_EQ(buffer, "");
}

}  // namespace
}  // namespace sealpost::smtp
