// DotStuffer: content on its way behind DATA (RFC 5321 §4.5.2). It doubles the dots that begin a line and is the last
// guard of R4: content in which CR and LF do not come as CRLF does not leave this program, whoever let it in.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace sealpost::smtp {

class DotStuffer {
 public:
  /// The next piece as it goes onto the wire: `piece` itself when nothing had to be changed, otherwise a view of
  /// `buffer`, whose old content is lost.
  std::string_view stuff(std::string_view piece, std::string& buffer);
  /// What ends the content: CRLF where the last line lacked it, then the final dot.
  std::string_view end();
  /// True once a CR or LF stood alone. What stuff() returned last must not be sent then.
  bool has_bare_line_end() const { return has_bare_line_end_; }

 private:
  bool is_at_line_start_ = true;
  bool is_behind_cr_ = false;
  bool has_bare_line_end_ = false;
};

}  // namespace sealpost::smtp
