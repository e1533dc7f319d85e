// Password hashes: argon2id (RFC 9106) in its text form "$argon2id$v=19$m=…,t=…,p=1$salt$hash", by libsodium.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"

namespace sealpost::identity {

// OWASP's password storage recommendation for argon2id, second of its equal choices: 19 MiB, two passes, one lane.
// About 20 ms of one core; the memory is what makes guessing on graphics cards dear. More would let a few hundred
// logins a minute occupy a small server.
inline constexpr std::size_t kHashMemoryBytes = std::size_t{19} * 1024 * 1024;
inline constexpr unsigned long long kHashPasses = 2;

/// With a fresh random salt. Fault::kResource when there is no memory.
Result<std::string> hash_password(const SecretString& password);

/// Whether `password` belongs to `hash`; takes as long as the parameters within `hash` say. Fault::kResource without
/// memory, Fault::kCorruption when `hash` is no hash.
Result<bool> verify_password(const std::string& hash, const SecretString& password);

/// The hash of a password that nobody knows, made once per process: checked where there is no user, so that "unknown
/// user" takes as long as "wrong password" (rules R18).
const std::string& decoy_hash();

/// What the server could not accept at a login is refused when it is set: empty, over 255 octets (RFC 4616 §2), NUL,
/// not UTF-8. Nothing when all is well, otherwise the reason in words.
std::string_view why_password_is_unusable(const SecretString& password);

}  // namespace sealpost::identity
