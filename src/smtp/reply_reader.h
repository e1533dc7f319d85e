// ReplyReader: a server's replies out of the bytes it sends (RFC 5321 §4.2, RFC 3463), as any client has to read them:
// the server is a stranger. Lines, their number and the text are bounded, and nothing survives into a Reply that could
// end a line, a record or a terminal's mood. Never: a guess about what a malformed reply might have meant.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

#include "smtp/reply.h"

namespace sealpost::smtp {

class DialogueWatcher;

inline constexpr std::size_t kReplyLineMax = 4096;  // octets, CRLF included; RFC 5321 §4.5.3.1.5 lets a server send 512
inline constexpr std::size_t kReplyLinesMax = 128;  // of one reply; the longest EHLO replies in the wild have about 30

class ReplyReader {
 public:
  enum class Status { kNeedInput, kReply, kMalformed };

  /// `watcher` sees each line, made printable; may be null.
  explicit ReplyReader(DialogueWatcher* watcher = nullptr) : watcher_(watcher) {}

  void feed(std::string_view octets);
  /// The next whole reply. kMalformed is final: every later call says it again.
  Status next(Reply& reply);
  /// Why it is kMalformed: "a reply line longer than 4096 octets".
  const std::string& complaint() const { return complaint_; }
  /// True when there is input that no reply was made of yet, be it part of a line.
  bool has_input_left() const { return position_ < input_.size() || lines_ > 0; }

 private:
  Status take_line(std::string_view line, Reply& reply);
  Status malformed(std::string complaint);

  DialogueWatcher* watcher_;
  std::string input_;
  std::size_t position_ = 0;  // where the next line begins in input_
  Reply building_;
  std::size_t lines_ = 0;  // of building_
  std::string complaint_;
};

/// `text` with control characters, C1 included, replaced by "?" and tabs by spaces; octets above 127 stay only if all
/// of it is valid UTF-8.
std::string printable(std::string_view text);

/// Takes "5.1.1 " off the front of `text` when it is an enhanced code of the class of `code` (RFC 2034 §4); none()
/// otherwise.
EnhancedCode take_enhanced_code(std::string_view& text, std::uint16_t code);

}  // namespace sealpost::smtp
