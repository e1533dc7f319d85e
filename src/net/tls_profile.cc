// The profile in OpenSSL's terms.
#include "net/tls_profile.h"

#include <fmt/format.h>

namespace sealpost::net {

namespace {

// RFC 9325 §4.2. AES-128 first: as strong as the key exchange beside it, and cheaper.
constexpr const char* kTls12Ciphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-"
    "SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr const char* kTls13Ciphers = "TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256";
constexpr const char* kGroups = "X25519:P-256:P-384";

constexpr std::uint64_t kOptions = SSL_OP_NO_RENEGOTIATION            // RFC 9325 §3.5, CVE-2009-3555, CVE-2021-3449
                                   | SSL_OP_NO_COMPRESSION            // RFC 9325 §3.3
                                   | SSL_OP_CIPHER_SERVER_PREFERENCE  // our order …
                                   | SSL_OP_PRIORITIZE_CHACHA         // … but a client without AES hardware may say so
                                   | SSL_OP_CLEANSE_PLAINTEXT;        // passwords pass here; what was read is wiped

}  // namespace

Result<void> apply_tls_profile(SSL_CTX* context) {
  SSL_CTX_set_options(context, kOptions);
  // A FIN without close_notify is a truncation, never an end; the option that hides it must stay off.
  SSL_CTX_clear_options(context, SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_LEGACY_SERVER_CONNECT);
  // An idle connection holds no record buffers. A write may be continued with what is left of it.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_NO_AUTO_CHAIN);
  // One read(2) per record instead of two, one for its header and one for its body.
  SSL_CTX_set_read_ahead(context, 1);
  // RFC 8996 §§4-5: TLS 1.0 and 1.1 MUST NOT be negotiated.
  const bool is_set =
      SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 && SSL_CTX_set_max_proto_version(context, 0) == 1 &&
      SSL_CTX_set_cipher_list(context, kTls12Ciphers) == 1 && SSL_CTX_set_ciphersuites(context, kTls13Ciphers) == 1 &&
      SSL_CTX_set1_groups_list(context, kGroups) == 1 && SSL_CTX_set_max_early_data(context, 0) == 1;
  if (!is_set) return fail(Fault::kInternal, fmt::format("OpenSSL refuses the TLS profile: {}", openssl_error_text()));
  // Level 2: at least 112 bits everywhere, no SHA-1 signatures (RFC 9325 §4.1, §4.5).
  SSL_CTX_set_security_level(context, 2);
  return {};
}

}  // namespace sealpost::net
