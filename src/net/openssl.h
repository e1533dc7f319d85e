// Ownership of OpenSSL's objects, and its error queue as text. Nothing else of OpenSSL is wrapped: what is used is
// called by its own name.
#pragma once
#include <memory>
#include <string>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

namespace sealpost::net {

template <auto release>
struct OpensslRelease {
  template <class T>
  void operator()(T* object) const noexcept {
    release(object);
  }
};

using BioPtr = std::unique_ptr<BIO, OpensslRelease<BIO_free_all>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, OpensslRelease<EVP_PKEY_free>>;
using SessionPtr = std::unique_ptr<SSL_SESSION, OpensslRelease<SSL_SESSION_free>>;
using SslContextPtr = std::unique_ptr<SSL_CTX, OpensslRelease<SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, OpensslRelease<SSL_free>>;
using X509Ptr = std::unique_ptr<X509, OpensslRelease<X509_free>>;

/// Empties this thread's error queue; returns the last entry as text, or "no further reason".
std::string openssl_error_text();

}  // namespace sealpost::net
