// One pass finds the line ends, one counts the CRs; both are the library's fastest loops, and lines without a leading
// dot are not copied.
#include "smtp/client/dot_stuffer.h"

#include <algorithm>

namespace sealpost::smtp {

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
  const auto carriage_returns = static_cast<std::size_t>(std::ranges::count(piece, '\r'));
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
