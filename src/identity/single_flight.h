// SingleFlight: logins that wait for one and the same hash. The first computes it, those that come meanwhile join it.
// What counts as the same is the cache's key: user, password and account state. Never: a bound of its own; a login that
// waits belongs to a connection, and those are counted.
#pragma once
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "identity/credential_cache.h"

namespace sealpost::identity {

/// Thread-safe.
template <class Login>
class SingleFlight {
 public:
  using Key = CredentialCache::Key;

  /// True: `login` was taken, finish() will give it back. False: it is the first of its kind, and finish() is due.
  bool join(const Key& key, Login& login) {
    const std::lock_guard lock(mutex_);
    const auto [flight, is_first] = joined_.try_emplace(key);
    if (is_first) return false;
    flight->second.push_back(std::move(login));
    return true;
  }

  /// Those who have joined. The next one is the first again.
  std::vector<Login> finish(const Key& key) {
    const std::lock_guard lock(mutex_);
    auto flight = joined_.extract(key);
    return std::move(flight.mapped());
  }

 private:
  std::mutex mutex_;
  std::unordered_map<Key, std::vector<Login>, CredentialCache::KeyHash> joined_;
};

}  // namespace sealpost::identity
