// Maildir: one message as one file (https://cr.yp.to/proto/maildir.html): written and synced in tmp/, renamed into
// new/, the directory synced. Line ends are stored as LF, as local delivery agents do and as Maildir readers expect.
// Blocking: for a thread that may wait for the disk. Never: a path made of octets that a sender chose, a file seen
// half-written.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "message/body_source.h"
#include "smtp/address.h"

namespace sealpost::delivery {

/// Puts the recipient into "{local_part}" and "{domain}" of a configured path, in lower case. Nothing when a part that
/// is used is not plainly a file name: letters, digits and "._+-=" only, not starting with a dot.
std::optional<std::string> maildir_path(std::string_view pattern, const smtp::Mailbox& recipient);

/// What stands before the content: "Return-Path: <ann@example.com>" (RFC 5321 §4.4) and "Delivered-To:
/// bob@example.com", with LF line ends.
std::string maildir_header(const smtp::ReversePath& reverse_path, const smtp::Mailbox& recipient);

/// Turns CRLF into LF across pieces. A CR that stands alone stays.
class LineEndings {
 public:
  /// Appends `piece` to `out`, converted; the end of the piece may be held back until the next one.
  void append(std::string_view piece, std::string& out);
  /// What was held back.
  void finish(std::string& out);

 private:
  bool holds_cr_ = false;
};

/// Writes one message. `directory` and its cur, new and tmp are created when missing (mode 0700). `unique` is a name
/// that no other message has: it becomes the file's name with ",S=<size>" behind it. Returns the path of the file.
Result<std::string> write_to_maildir(const std::string& directory, const std::string& unique, std::string_view header,
                                     message::BodySource& body);

/// "1795455783.M42P1234Q7.mail.example.com": time, process, count, host; "/" and ":" of the host are replaced.
std::string maildir_unique_name(std::string_view hostname);

}  // namespace sealpost::delivery
