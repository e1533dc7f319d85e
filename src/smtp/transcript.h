// Transcripts: dialogue files as the specification of behaviour, written as the RFCs write them ("C:" and "S:" lines).
// This is the parser; who plays them decides what the lines do. The format is described in tests/transcripts/README.md.
// Never reads a file itself.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sealpost::smtp {

/// "given: refuse recipient <bob@example.net> 550 …": the set-up, for a player that can arrange it.
struct TranscriptGiven {
  std::size_t line = 0;  // in the file, from 1
  std::string text;      // behind "given: ", escapes not expanded
};

struct TranscriptStep {
  enum class Kind {
    kClient,  // octets to send, CRLF included unless the line said otherwise. Consecutive ones are sent in one write.
    kServer,  // one line the server must send, or one whole reply
    kTls,     // "< TLS >": the handshake takes place here
    kClosed,  // "< closed >": the server closes the connection
    kExpect,  // "expect: …": what must have happened behind the server, for a player that can see it
  };
  Kind kind = Kind::kClient;
  std::size_t line = 0;
  /// kClient: octets; kServer: what was to be said; kClosed: the reason or nothing; kExpect: as written.
  std::string text;
  enum class Match {
    kLine,    // the line is exactly `text`, CRLF aside
    kPrefix,  // it begins with `text`: the transcript says "*" for the rest
    kReply,   // a reply of any number of lines that begin with `text`, a code: the transcript says "250 ..."
  };
  Match match = Match::kLine;  // of kServer

  /// kServer: is this a line, without CRLF, that was to be said? With kReply it is asked until a line has no "-" behind
  /// its code.
  bool matches(std::string_view server_line) const;
};

struct Transcript {
  std::string title;  // the first line of the file, a comment that names the standard
  std::vector<TranscriptGiven> givens;
  std::vector<TranscriptStep> steps;
};

inline constexpr std::size_t kTranscriptOctetsMax = std::size_t{8} << 20;  // of one file, repetitions expanded

/// The text of a whole file. An Error names the line: "line 12: …" (Fault::kConfiguration).
Result<Transcript> parse_transcript(std::string_view file);

/// Expands the escapes of a transcript line: \r \n \t \0 \\ \* \xHH \b64{…} and \{…*COUNT}.
Result<std::string> expand_transcript_escapes(std::string_view text);

/// The opposite, for messages: printable ASCII stays, everything else becomes an escape.
std::string escape_for_transcript(std::string_view octets);

}  // namespace sealpost::smtp
