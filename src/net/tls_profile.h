// The TLS profile of both sides (RFC 9325, RFC 8996, RFC 8997): TLS 1.2 and 1.3, ECDHE with AEAD, no renegotiation, no
// compression, no early data. Not configurable: whoever needs less does not need this server.
#pragma once
#include <string_view>

#include "base/result.h"
#include "net/openssl.h"

namespace sealpost::net {

/// Applies the profile to a fresh context.
Result<void> apply_tls_profile(SSL_CTX* context);

/// RSA keys below this many bits are refused (RFC 9325 §4.5).
inline constexpr int kRsaBitsMin = 2048;

}  // namespace sealpost::net
