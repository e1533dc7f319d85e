// Credentials that were verified a moment ago, so that a client with many connections costs one hash and not one each.
// An entry is the HMAC, under a key of this process, over everything the decision used; a changed password or state is
// another entry. Never: a password, a hash of one without a key, or an entry for a login that was refused.
#pragma once
#include <array>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <list>
#include <mutex>
#include <string_view>
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
  struct KeyHash {
    std::size_t operator()(const Key& key) const noexcept {
      std::size_t hash = 0;  // the key is an HMAC, so any part of it is spread evenly
      std::memcpy(&hash, key.data(), sizeof hash);
      return hash;
    }
  };

  struct Lifetime {
    std::chrono::seconds unused{300};    // an entry that nobody asks for
    std::chrono::seconds at_most{3600};  // any entry: then the password is hashed again
  };

  CredentialCache(std::size_t entries_max, Lifetime lifetime);
  ~CredentialCache();
  CredentialCache(const CredentialCache&) = delete;
  CredentialCache& operator=(const CredentialCache&) = delete;

  /// For `password` tried on `user` as it is stored now.
  Key key_of(const User& user, const SecretString& password) const;
  /// For `password` tried on a name that nobody has. Never the key of a user.
  Key key_of_unknown(std::string_view name, const SecretString& password) const;

  /// Whether `key` is known; being asked for prolongs its life.
  bool recall(const Key& key, SteadyTime now);
  /// Pushes out the entry that was not asked for longest when full. A second insertion does not prolong the first.
  void insert(const Key& key, SteadyTime now);
  std::size_t size() const;

 private:
  struct Entry {
    Key key;
    SteadyTime expires;
    SteadyTime expires_at_last;  // however often it is used
  };
  using Entries = std::list<Entry>;

  const std::size_t entries_max_;
  const Lifetime lifetime_;
  std::array<std::uint8_t, 32> secret_{};
  mutable std::mutex mutex_;
  Entries by_use_;  // the one that was not used longest in front
  std::unordered_map<Key, Entries::iterator, KeyHash> index_;
};

}  // namespace sealpost::identity
