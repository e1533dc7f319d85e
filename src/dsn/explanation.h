// What a status means, for somebody who never heard of SMTP (RFC 3463 §3 and the registry it founded, RFC 5248).
#pragma once
#include <string_view>

#include "smtp/reply.h"

namespace sealpost::dsn {

/// One or two sentences on why the mail was not delivered; empty when the code says nothing that a person could use.
std::string_view explain(const smtp::EnhancedCode& code);

}  // namespace sealpost::dsn
