// The commands of a transaction as the client sends them, with the parameters that this server understands (RFC 1870,
// 3461, 4954, 6152, 6531). Never: a parameter whose extension was not offered; that is a protocol error (RFC 5321
// §4.1.1.11).
#pragma once
#include <string>
#include <string_view>

#include "smtp/client_session.h"

namespace sealpost::smtp {

/// True when the message can only be sent with SMTPUTF8, recipients left aside: its sender is not ASCII, or it was
/// submitted as internationalized and has octets above 127, which may well stand in its header.
bool needs_smtputf8(const Mail& mail);

/// "MAIL FROM:<ann@example.com> SIZE=1000 BODY=8BITMIME", without CRLF.
std::string mail_command(const Mail& mail, const ServerExtensions& extensions, bool is_authenticated);
/// "RCPT TO:<bob@example.com> NOTIFY=FAILURE ORCPT=rfc822;bob@example.com", without CRLF.
std::string rcpt_command(const Recipient& recipient, const ServerExtensions& extensions);

}  // namespace sealpost::smtp
