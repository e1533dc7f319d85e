// Plays a transcript file against a live server for `sealpost send --script`: sends the C: lines, compares the S:
// lines, and names the line of the file where the server differs. The format is that of tests/transcripts/README.md;
// set-up lines ("given:") and "expect:" lines are for the test runner and are skipped here with a word.
#pragma once
#include <string>
#include <string_view>

#include "cli/submit.h"

namespace sealpost::cli {

/// Prints the dialogue; the exit status is kDone when every line was as written.
int play_script(const Server& server, const std::string& file_name, std::string_view script);

}  // namespace sealpost::cli
