// Replies in our own words.
#include "delivery/own_reply.h"

#include <algorithm>
#include <utility>

namespace sealpost::delivery {

smtp::Reply own_reply(std::uint16_t code, smtp::EnhancedCode enhanced_code, std::string_view text) {
  smtp::Reply reply{code, enhanced_code, std::string(text)};
  // Rules I7: an error text may quote a peer; a reply is one line here.
  std::ranges::replace_if(reply.text, [](char c) { return c == '\r' || c == '\n' || c == '\0'; }, ' ');
  return reply;
}

smtp::Reply network_failure(const Error& error) {
  // RFC 3463 §3.5: X.4.1 no answer from host, X.4.2 bad connection.
  const bool has_not_answered = error.fault == Fault::kTimeout || error.fault == Fault::kNotFound;
  return own_reply(451, {4, 4, static_cast<std::uint16_t>(has_not_answered ? 1 : 2)}, error.text);
}

smtp::Reply as_transient(smtp::Reply reply, std::string_view doing) {
  const std::string said = reply.to_line();
  if (reply.is_transient_failure()) {
    reply.text.insert(0, ": ").insert(0, doing);
    return reply;
  }
  return own_reply(451, {4, 4, 0}, std::string(doing) + " was refused: " + said);
}

smtp::Reply local_failure(const Error& error) {
  if (error.fault == Fault::kResource) return own_reply(452, {4, 3, 1}, error.text);
  return own_reply(451, {4, 3, 0}, error.text);
}

}  // namespace sealpost::delivery
