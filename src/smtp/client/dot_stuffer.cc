// One pass finds the line ends, one counts the CRs; both are the library's fastest loops, and lines without a leading
// dot are not copied.
#include "smtp/client/dot_stuffer.h"

#include <algorithm>
#include <cstdint>

namespace sealpost::smtp {

namespace {

/// Sums in octets, block by block: that is what the compiler turns into vector instructions.
std::size_t count_carriage_returns(std::string_view text) {
  constexpr std::size_t kBlock = 128;  // less than 256, so that a block's sum fits an octet
  std::size_t total = 0;
  while (!text.empty()) {
    std::uint8_t in_block = 0;
    for (const char c : text.substr(0, kBlock)) in_block = static_cast<std::uint8_t>(in_block + (c == '\r' ? 1 : 0));
    total += in_block;
    text.remove_prefix(std::min(kBlock, text.size()));
  }
  return total;
}

}  // namespace

std::string_view DotStuffer::stuff(std::string_view piece, std::string& buffer) {
  buffer.clear();
  if (piece.empty()) return piece;
  const bool began_behind_cr = is_behind_cr_;
  std::size_t copied = 0;
  std::size_t line_feeds = 0;
  std::size_t at = 0;
  if (is_at_line_start_ && piece[0] == '.') buffer += '.';
  for (;;) {
    const std::size_t line_feed = piece.find('\n', at);
    if (line_feed == std::string_view::npos) break;
    ++line_feeds;
    has_bare_line_end_ |= line_feed == 0 ? !began_behind_cr : piece[line_feed - 1] != '\r';
    at = line_feed + 1;
    if (at < piece.size() && piece[at] == '.') {
      buffer.append(piece.substr(copied, at - copied)).push_back('.');
      copied = at;
    }
  }
  is_at_line_start_ = piece.back() == '\n';
  is_behind_cr_ = piece.back() == '\r';
  // Every LF has its CR by now, so equal numbers mean that every CR has its LF. The CR at either edge of the piece
  // belongs to its neighbour.
  const std::size_t carriage_returns = count_carriage_returns(piece);
  has_bare_line_end_ |= carriage_returns + (began_behind_cr ? 1U : 0U) != line_feeds + (is_behind_cr_ ? 1U : 0U);
  if (buffer.empty()) return piece;
  buffer.append(piece.substr(copied));
  return buffer;
}

std::string_view DotStuffer::end() {
  has_bare_line_end_ |= is_behind_cr_;
  return is_at_line_start_ ? ".\r\n" : "\r\n.\r\n";
}

}  // namespace sealpost::smtp
