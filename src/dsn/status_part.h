// The second part of a report: the fields that programs read (RFC 3464 §2.2, §2.3; RFC 6533 §4).
#pragma once
#include <string>

#include "dsn/report.h"
#include "dsn/report_lines.h"

namespace sealpost::dsn {

/// kUtf8 when an address needs message/global-delivery-status (RFC 6533 §4).
Text status_text_kind(const Report& report);

/// The per-message fields, then a group of fields per recipient, CRLF line ends.
std::string status_part(const Report& report);

}  // namespace sealpost::dsn
