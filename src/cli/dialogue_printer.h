// DialoguePrinter: shows a session as it happens, "C:" for the client, "S:" for the server, "< … >" for what is not
// SMTP. Or collects it for --json. Secrets never reach it; octets of the server that a terminal would obey are escaped.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

#include <boost/json/array.hpp>

#include "base/clock.h"
#include "net/tls_context.h"
#include "smtp/client_session.h"

namespace sealpost::cli {

class DialoguePrinter final : public smtp::DialogueWatcher {
 public:
  struct Options {
    bool shows_time = false;  // milliseconds since the line before, on every line
    bool is_json = false;     // collect instead of print
    bool has_colour = false;
  };
  explicit DialoguePrinter(Options options);

  void sent(std::string_view line) override;
  void received(std::string_view line) override;
  /// The message, as it goes out; the first kContentLinesShown lines are shown and the rest counted.
  void content(std::string_view octets);
  void end_of_content();
  /// "< text >"
  void note(std::string_view text);
  /// The "< TLS … >" line: version, cipher, group, whose certificate, from whom, days left, verified or why not,
  /// resumed or not.
  void tls(const TlsFacts& facts, const net::PeerCertificate& certificate, WallTime now);

  const boost::json::array& dialogue() const { return dialogue_; }
  static constexpr std::size_t kContentLinesShown = 40;

 private:
  void line(std::string_view who, std::string_view colour, std::string_view text);

  Options options_;
  SteadyTime last_;
  std::size_t content_lines_ = 0;
  std::size_t content_octets_ = 0;
  std::string partial_line_;
  boost::json::array dialogue_;
};

/// Whole days from `now` to `then`, rounded down; negative when it has passed.
long days_between(WallTime now, WallTime then);

}  // namespace sealpost::cli
