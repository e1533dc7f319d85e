// What the client thinks of a server's certificate, in words. OpenSSL verifies (RFC 5280, RFC 9525); here its verdict
// is remembered while the certificate is at hand and turned into a sentence.
#pragma once
#include <string>

#include "net/openssl.h"
#include "net/tls_context.h"

namespace sealpost::net {

/// The first thing that was found wrong, with the certificates it is about; filled in by the verify callback of one
/// handshake.
struct VerificationFailure {
  int code = X509_V_OK;
  int chain_length = 0;  // as the server sent it
  X509Ptr leaf;
  X509Ptr about;  // the certificate that is at fault; may be the leaf
};

/// Where the verify callback of `ssl` leaves its finding. Must outlive the handshake.
void remember_verification(SSL* ssl, VerificationFailure* failure);

/// To be set on a client context: remembers failures, and lets OpenSSL's verdict stand.
int verify_callback(int is_ok, X509_STORE_CTX* store);

/// "the certificate is for other.example, not mail.example.com"; "ok" when nothing failed.
std::string explain_verification(const VerificationFailure& failure, std::string_view server_name, WallTime now);

}  // namespace sealpost::net
