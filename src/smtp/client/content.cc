// The content between 354 and the final dot (RFC 5321 §4.1.1.4), and how many replies the dot is answered with (RFC
// 2033 §4.2).
#include "base/assert.h"
#include "smtp/client/state.h"

namespace sealpost::smtp {

void ClientSession::State::content(std::string_view octets) {
  if (closed) return;
  SEALPOST_ASSERT(phase == ClientPhase::kContent, "content follows ClientNeedContent");
  SEALPOST_ASSERT(output.empty() && content_output.empty(), "the piece before has been written");
  const std::string_view stuffed = transaction->stuffer.stuff(octets, output);
  if (transaction->stuffer.has_bare_line_end()) return refuse_bare_line_end();
  if (output.empty()) content_output = stuffed;
}

void ClientSession::State::end_of_content() {
  if (closed) return;
  SEALPOST_ASSERT(phase == ClientPhase::kContent, "content ends where it began");
  const std::string_view end = transaction->stuffer.end();
  if (transaction->stuffer.has_bare_line_end()) return refuse_bare_line_end();
  output += end;
  if (watcher != nullptr) watcher->sent(".");
  phase = ClientPhase::kTalking;
  if (options.flavour == Flavour::kSmtp) return expect(ClientCommand::kContent);
  for (const std::size_t recipient : transaction->accepted) expect(ClientCommand::kContent, recipient);
}

void ClientSession::State::refuse_bare_line_end() {
  output.clear();
  content_output = {};
  // RFC 5321 §2.3.8: CR and LF come only together. Another server may take the lone one for a line end and see a second
  // message behind it (CVE-2023-51764 and its family), so this content goes nowhere.
  fail(ClientClosed::Stage::kTransaction, std::nullopt, "the content has a CR or LF that stands alone",
       Reply{554, {5, 6, 0}, "The content has a CR or LF that stands alone"});
}

}  // namespace sealpost::smtp
