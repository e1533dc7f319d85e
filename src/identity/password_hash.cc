// argon2id by libsodium.
#include "identity/password_hash.h"

#include <array>
#include <cerrno>

#include <sodium.h>

#include "base/assert.h"
#include "base/utf8.h"
#include "crypto/random.h"
#include "sasl/server_mechanism.h"

namespace sealpost::identity {

namespace {

void start_library() {
  static const bool is_ready = sodium_init() >= 0;
  SEALPOST_ASSERT(is_ready, "libsodium starts");
}

}  // namespace

Result<std::string> hash_password(const SecretString& password) {
  start_library();
  std::array<char, crypto_pwhash_STRBYTES> hash{};
  const std::string_view text = password.reveal();
  if (crypto_pwhash_argon2id_str(hash.data(), text.data(), text.size(), kHashPasses, kHashMemoryBytes) != 0)
    return fail(Fault::kResource, "there is not enough memory to hash a password");
  return std::string(hash.data());
}

Result<bool> verify_password(const std::string& hash, const SecretString& password) {
  start_library();
  const std::string_view text = password.reveal();
  errno = 0;
  if (crypto_pwhash_argon2id_str_verify(hash.c_str(), text.data(), text.size()) == 0) return true;
  // libsodium says "wrong password" with EINVAL, and everything else with other values or none.
  if (errno == EINVAL) return false;
  if (errno == ENOMEM) return fail(Fault::kResource, "there is not enough memory to check a password");
  return fail(Fault::kCorruption, "a stored password hash cannot be read");
}

const std::string& decoy_hash() {
  static const std::string hash = [] {
    std::array<std::uint8_t, 32> password{};
    crypto::fill_random(password);
    const SecretString secret(std::string_view(reinterpret_cast<const char*>(password.data()), password.size()));
    wipe(password.data(), password.size());
    Result<std::string> made = hash_password(secret);
    SEALPOST_ASSERT(made, "there is memory for one password hash at the start");
    return std::move(*made);
  }();
  return hash;
}

std::string_view why_password_is_unusable(const SecretString& password) {
  if (password.empty()) return "the password is empty";
  if (password.size() > sasl::kPasswordMax)
    return "the password is longer than 255 octets, which no mail client may send";
  if (password.reveal().contains('\0')) return "the password contains a NUL, which no mail client may send";
  if (!is_utf8(password.reveal())) return "the password is not UTF-8, which no mail client may send";
  return {};
}

}  // namespace sealpost::identity
