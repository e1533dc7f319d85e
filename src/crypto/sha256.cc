// SHA-256 by libcrypto.
#include "crypto/sha256.h"

#include <openssl/evp.h>

#include "base/assert.h"

namespace sealpost::crypto {

Sha256Digest sha256(std::string_view octets) {
  Sha256Digest digest{};
  unsigned size = 0;
  const int done = EVP_Digest(octets.data(), octets.size(), digest.data(), &size, EVP_sha256(), nullptr);
  SEALPOST_ASSERT(done == 1 && size == digest.size(), "libcrypto has SHA-256");
  return digest;
}

}  // namespace sealpost::crypto
