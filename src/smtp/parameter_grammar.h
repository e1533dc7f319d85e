// Parses the ESMTP parameters behind the path of MAIL and RCPT (RFC 5321 §4.1.2 Mail-parameters, §4.1.1.11). Unknown
// parameters are 555 5.5.4, malformed or repeated ones 501 5.5.4. Never: a parameter skipped.
#pragma once
#include <expected>
#include <string_view>

#include "smtp/address.h"
#include "smtp/parameters.h"
#include "smtp/reply.h"

namespace sealpost::smtp {

/// `text`: what follows the path, empty or beginning with a space.
std::expected<MailParameters, Reply> parse_mail_parameters(std::string_view text);
/// `charset`: kUtf8 when MAIL asked for SMTPUTF8; only then may ORCPT hold UTF-8 (RFC 6533 §3).
std::expected<RcptParameters, Reply> parse_rcpt_parameters(std::string_view text, Charset charset);

}  // namespace sealpost::smtp
