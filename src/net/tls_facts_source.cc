// Reading the facts.
#include "net/tls_facts_source.h"

#include <openssl/objects.h>

#include "base/assert.h"

namespace sealpost::net {

namespace {

std::string group_name(SSL* ssl) {
  const auto nid = static_cast<int>(SSL_get_negotiated_group(ssl));
  switch (nid) {
    case NID_undef:
      return {};
    case NID_X25519:
      return "X25519";
    case NID_X9_62_prime256v1:
      return "P-256";
    case NID_secp384r1:
      return "P-384";
    default: {
      const char* name = OBJ_nid2sn(nid);
      return name == nullptr ? "" : name;
    }
  }
}

std::string text_or_empty(const char* text) { return text == nullptr ? "" : text; }

}  // namespace

TlsFacts TlsFactsSource::read(SSL* ssl) {
  SEALPOST_ASSERT(SSL_is_init_finished(ssl) == 1, "TLS facts of a handshake that has not finished");
  return TlsFacts({.version = SSL_get_version(ssl),
                   .cipher = text_or_empty(SSL_CIPHER_standard_name(SSL_get_current_cipher(ssl))),
                   .group = group_name(ssl),
                   .server_name = text_or_empty(SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name)),
                   .is_resumed = SSL_session_reused(ssl) == 1});
}

}  // namespace sealpost::net
