// The cache of verified credentials. All entries live equally long, so the order of insertion is the order of expiry.
#include "identity/credential_cache.h"

#include "base/assert.h"
#include "crypto/hmac.h"
#include "crypto/random.h"

namespace sealpost::identity {

CredentialCache::CredentialCache(std::size_t entries_max, std::chrono::seconds lifetime)
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

bool CredentialCache::contains(const Key& key, SteadyTime now) const {
  const std::lock_guard lock(mutex_);
  const auto found = expiries_.find(key);
  return found != expiries_.end() && now < found->second;
}

void CredentialCache::insert(const Key& key, SteadyTime now) {
  const std::lock_guard lock(mutex_);
  while (!by_age_.empty() && (by_age_.size() >= entries_max_ || expiries_.at(by_age_.front()) <= now)) {
    if (expiries_.contains(key) && now < expiries_.at(key)) return;
    expiries_.erase(by_age_.front());
    by_age_.pop_front();
  }
  if (expiries_.try_emplace(key, now + lifetime_).second) by_age_.push_back(key);
}

std::size_t CredentialCache::size() const {
  const std::lock_guard lock(mutex_);
  return expiries_.size();
}

}  // namespace sealpost::identity
