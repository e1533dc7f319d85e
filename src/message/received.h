// The trace header that a server puts in front of every message it accepts (RFC 5321 §4.4, RFC 3848, RFC 8314 §4.3).
// Never: the login name (it is nobody's business downstream), a control character, or a line over 998 octets.
#pragma once
#include <string>
#include <string_view>

#include "base/clock.h"

namespace sealpost::message {

/// What the header says. The views are read during the call only; helo and client_address come from the peer and are
/// not trusted.
struct ReceivedValues {
  std::string_view helo;            // the EHLO argument
  std::string_view client_address;  // "192.0.2.1" or "2001:db8::1", without brackets
  std::string_view hostname;        // our own
  std::string_view protocol;        // "ESMTPSA", see ServerSession::protocol_name()
  std::string_view queue_id;
  std::string_view tls_cipher;  // IANA name, "TLS_AES_256_GCM_SHA384"; empty without TLS
  std::string_view tls_group;   // "X25519"; empty when not known
  std::string_view for_path;    // "<bob@example.com>" when the message has exactly one recipient, otherwise empty
  WallTime time;
};

/// The whole field, folded, CRLF at its end.
std::string make_received(const ReceivedValues& values);

}  // namespace sealpost::message
