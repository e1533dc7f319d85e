// Replies in our own words: what is recorded for a recipient when no server said anything about it. Enhanced codes
// after RFC 3463.
#pragma once
#include <string>
#include <string_view>

#include "base/result.h"
#include "smtp/reply.h"

namespace sealpost::delivery {

/// "451 4.4.x text": the network or the far end failed. Fault::kTimeout and others map to RFC 3463 §3.5 codes.
smtp::Reply network_failure(const Error& error);
/// A 4xx for a failure of the destination as a whole: a 5xx of the far end about itself (greeting, EHLO, STARTTLS,
/// AUTH) says nothing about a message.
smtp::Reply as_transient(smtp::Reply reply, std::string_view doing);
/// "451 4.3.0" or "452 4.3.1" (RFC 3463 §3.4): something on this machine failed.
smtp::Reply local_failure(const Error& error);
smtp::Reply own_reply(std::uint16_t code, smtp::EnhancedCode enhanced_code, std::string_view text);

}  // namespace sealpost::delivery
