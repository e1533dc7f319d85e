// Credentials that were verified a moment ago, so that a client with many connections costs one hash and not one each.
// An entry is the HMAC, under a key of this process, over everything the decision used; a changed password or state is
// another entry. Never: a password, a hash of one without a key, or an entry for a login that was refused.
#pragma once
#include <array>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <deque>
#include <mutex>
#include <unordered_map>

#include "base/clock.h"
#include "base/secret.h"
#include "crypto/sha256.h"
#include "identity/user_database.h"

namespace sealpost::identity {

/// Thread-safe.
class CredentialCache {
 public:
  using Key = crypto::Sha256Digest;

  CredentialCache(std::size_t entries_max, std::chrono::seconds lifetime);
  ~CredentialCache();
  CredentialCache(const CredentialCache&) = delete;
  CredentialCache& operator=(const CredentialCache&) = delete;

  /// For `password` tried on `user` as it is stored now.
  Key key_of(const User& user, const SecretString& password) const;
  bool contains(const Key& key, SteadyTime now) const;
  /// Pushes out the oldest entry when full. A second insertion does not prolong the first.
  void insert(const Key& key, SteadyTime now);
  std::size_t size() const;

 private:
  struct Hash {
    std::size_t operator()(const Key& key) const noexcept {
      std::size_t hash = 0;  // the key is an HMAC, so any part of it is spread evenly
      std::memcpy(&hash, key.data(), sizeof hash);
      return hash;
    }
  };

  const std::size_t entries_max_;
  const std::chrono::seconds lifetime_;
  std::array<std::uint8_t, 32> secret_{};
  mutable std::mutex mutex_;
  std::unordered_map<Key, SteadyTime, Hash> expiries_;
  std::deque<Key> by_age_;  // the keys of expiries_, the first to expire in front
};

}  // namespace sealpost::identity
