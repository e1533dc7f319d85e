// The first part of a report: what happened, in words for the person who wrote the message (RFC 3464 §2, RFC 6522 §3).
#pragma once
#include <string>

#include "dsn/report.h"

namespace sealpost::dsn {

/// The line of the Subject field: "Your message could not be delivered".
std::string_view subject_of(const Report& report);

/// The text, CRLF line ends, lines of at most 76 octets. UTF-8 where addresses or servers' words are.
std::string human_part(const Report& report);

}  // namespace sealpost::dsn
