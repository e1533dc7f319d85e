// Why a handshake failed, in words an operator or a user can act on. One table of OpenSSL's reasons; anything else
// keeps OpenSSL's text.
#pragma once
#include <string>
#include <string_view>

namespace sealpost::net {

enum class TlsSide { kServer, kClient };

/// `error`: the entry of OpenSSL's queue that ended the handshake. `side`: ours.
std::string explain_tls_failure(unsigned long error, TlsSide side);

/// For a peer that spoke before, or instead of, TLS. `side` is ours; `octets` are the first ones of the peer.
std::string explain_plain_text(std::string_view octets, TlsSide side);

/// A TLS record of type handshake begins with this octet (RFC 8446 §5.1).
inline constexpr unsigned char kHandshakeRecord = 0x16;
/// An alert may be the first thing a server answers.
inline constexpr unsigned char kAlertRecord = 0x15;

/// At most this many octets of a peer's plain text are quoted.
inline constexpr std::size_t kQuotedOctetsMax = 40;

}  // namespace sealpost::net
