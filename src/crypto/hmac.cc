// HMAC-SHA-256 by libcrypto's EVP_MAC.
#include "crypto/hmac.h"

#include <array>
#include <string>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "base/assert.h"

namespace sealpost::crypto {

namespace {

/// Looked up once: fetching searches libcrypto's providers under a lock.
EVP_MAC* algorithm() {
  static EVP_MAC* const fetched = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  SEALPOST_ASSERT(fetched, "libcrypto has HMAC");
  return fetched;
}

}  // namespace

void HmacSha256::Free::operator()(evp_mac_ctx_st* context) const { EVP_MAC_CTX_free(context); }

HmacSha256::HmacSha256(std::span<const std::uint8_t> key) : context_(EVP_MAC_CTX_new(algorithm())) {
  std::string digest = "SHA256";
  const std::array<OSSL_PARAM, 2> parameters = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0), OSSL_PARAM_construct_end()};
  const bool is_ready = context_ && EVP_MAC_init(context_.get(), key.data(), key.size(), parameters.data()) == 1;
  SEALPOST_ASSERT(is_ready, "libcrypto has HMAC-SHA-256");
}

HmacSha256& HmacSha256::add(std::string_view octets) {
  const auto* data = reinterpret_cast<const unsigned char*>(octets.data());
  SEALPOST_ASSERT(EVP_MAC_update(context_.get(), data, octets.size()) == 1, "HMAC takes any octets");
  return *this;
}

HmacSha256& HmacSha256::add_field(std::string_view octets) {
  std::array<char, 8> size{};
  for (std::size_t i = 0; i < size.size(); ++i) size.at(i) = static_cast<char>(octets.size() >> (8 * i) & 0xFF);
  return add({size.data(), size.size()}).add(octets);
}

Sha256Digest HmacSha256::finish() && {
  Sha256Digest digest{};
  std::size_t size = 0;
  const int done = EVP_MAC_final(context_.get(), digest.data(), &size, digest.size());
  SEALPOST_ASSERT(done == 1 && size == digest.size(), "HMAC-SHA-256 has 32 octets");
  return digest;
}

}  // namespace sealpost::crypto
