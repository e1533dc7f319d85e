// The cache of verified credentials: a list in the order of use, and an index into it.
#include "identity/credential_cache.h"

#include <algorithm>

#include "base/assert.h"
#include "crypto/hmac.h"
#include "crypto/random.h"

namespace sealpost::identity {

CredentialCache::CredentialCache(std::size_t entries_max, Lifetime lifetime)
    : entries_max_(entries_max), lifetime_(lifetime) {
  SEALPOST_ASSERT(entries_max > 0, "a cache has room for an entry");
  crypto::fill_random(secret_);
}

CredentialCache::~CredentialCache() { wipe(secret_.data(), secret_.size()); }

CredentialCache::Key CredentialCache::key_of(const User& user, const SecretString& password) const {
  crypto::HmacSha256 mac(secret_);
  mac.add_field(user.name).add_field(user.password_hash).add_field(user.is_enabled ? "enabled" : "disabled");
  return std::move(mac.add_field(password.reveal())).finish();
}

CredentialCache::Key CredentialCache::key_of_unknown(std::string_view name, const SecretString& password) const {
  crypto::HmacSha256 mac(secret_);
  mac.add_field(name).add_field("").add_field("unknown");
  return std::move(mac.add_field(password.reveal())).finish();
}

bool CredentialCache::recall(const Key& key, SteadyTime now) {
  const std::lock_guard lock(mutex_);
  const auto found = index_.find(key);
  if (found == index_.end()) return false;
  Entry& entry = *found->second;
  if (now >= entry.expires) return false;
  entry.expires = std::min(now + lifetime_.unused, entry.expires_at_last);
  by_use_.splice(by_use_.end(), by_use_, found->second);
  return true;
}

void CredentialCache::insert(const Key& key, SteadyTime now) {
  const std::lock_guard lock(mutex_);
  if (const auto found = index_.find(key); found != index_.end()) {
    if (now < found->second->expires) return;
    by_use_.erase(found->second);
    index_.erase(found);
  }
  while (!by_use_.empty() && (by_use_.size() >= entries_max_ || by_use_.front().expires <= now)) {
    index_.erase(by_use_.front().key);
    by_use_.pop_front();
  }
  const SteadyTime at_last = now + lifetime_.at_most;
  by_use_.push_back({key, std::min(now + lifetime_.unused, at_last), at_last});
  index_.emplace(key, std::prev(by_use_.end()));
}

std::size_t CredentialCache::size() const {
  const std::lock_guard lock(mutex_);
  return index_.size();
}

}  // namespace sealpost::identity
