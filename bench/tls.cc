// TLS contexts on OpenSSL 3. SSL_MODE_RELEASE_BUFFERS everywhere, so that idle connections cost what they must and no
// more. Never writes a key to disk.
#include "tls.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "sockets.h"

namespace sealpost::bench {
namespace {

void set_shared_options(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(context,
                   SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
}

void use_throwaway_certificate(SSL_CTX* context) {
  constexpr long kLifetimeSeconds = 86'400;
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = X509_new();
  if (key == nullptr || certificate == nullptr) die("cannot make a throwaway key: " + tls_error_text());
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate), kLifetimeSeconds);
  X509_set_pubkey(certificate, key);
  X509_NAME* name = X509_get_subject_name(certificate);
  const unsigned char common_name[] = "localhost";
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, common_name, -1, -1, 0);
  X509_set_issuer_name(certificate, name);
  if (X509_sign(certificate, key, EVP_sha256()) == 0 || SSL_CTX_use_certificate(context, certificate) != 1 ||
      SSL_CTX_use_PrivateKey(context, key) != 1) {
    die("cannot use a throwaway certificate: " + tls_error_text());
  }
  X509_free(certificate);
  EVP_PKEY_free(key);
}

}  // namespace

SslContext server_context(const std::string& certificate_file, const std::string& key_file) {
  SslContext context(SSL_CTX_new(TLS_server_method()));
  set_shared_options(context.get());
  // One ticket is what one client can use; each costs a few microseconds and a write.
  SSL_CTX_set_num_tickets(context.get(), 1);
  // Tickets are stateless: a server-side cache would only grow.
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  if (certificate_file.empty() && key_file.empty()) {
    use_throwaway_certificate(context.get());
  } else if (SSL_CTX_use_certificate_chain_file(context.get(), certificate_file.c_str()) != 1 ||
             SSL_CTX_use_PrivateKey_file(context.get(), key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    die("cannot use certificate " + certificate_file + " with key " + key_file + ": " + tls_error_text());
  }
  return context;
}

ClientTls::ClientTls(bool resume) : context_(SSL_CTX_new(TLS_client_method())) {
  set_shared_options(context_.get());
  SSL_CTX_set_verify(context_.get(), SSL_VERIFY_NONE, nullptr);
  if (resume) {
    SSL_CTX_set_app_data(context_.get(), this);
    SSL_CTX_set_session_cache_mode(context_.get(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context_.get(), &ClientTls::keep_session);
  } else {
    SSL_CTX_set_session_cache_mode(context_.get(), SSL_SESS_CACHE_OFF);
  }
}

int ClientTls::keep_session(SSL* connection, SSL_SESSION* session) {
  auto* self = static_cast<ClientTls*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(connection)));
  self->session_.reset(session);
  return 1;  // The reference is ours now.
}

std::string tls_error_text() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) return "unexpected end";
  const char* reason = ERR_reason_error_string(code);
  return reason == nullptr ? "unknown" : reason;
}

}  // namespace sealpost::bench
