// SqliteVerifier: logins against the embedded user database. One thread looks accounts up, at every login, so that a
// disabled account is out at once; a bounded pool hashes passwords. Nothing here runs on a network thread but handing
// over.
#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "identity/credential_cache.h"
#include "identity/password_decision.h"
#include "identity/password_hash.h"
#include "identity/single_flight.h"
#include "identity/user_database.h"
#include "identity/verifier.h"
#include "identity/worker_lane.h"

namespace sealpost::identity {

struct SqliteVerifierOptions {
  std::string database_file;
  std::size_t hash_threads = 0;        // 0: half as many as cores, at least one: hashing must not starve the sessions
  std::size_t hash_waiting_max = 256;  // some seconds of work for one thread; a client that waits longer has gone
  std::size_t lookup_waiting_max = 1024;  // a lookup takes microseconds, so only a stuck disk fills this
  std::size_t cache_entries_max = 10'000;
  CredentialCache::Lifetime cache_lifetime{};
  HashCheck check = verify_password;             // tests count
  std::function<SteadyTime()> now = steady_now;  // tests turn the clock
};

class SqliteVerifier final : public Verifier {
 public:
  /// Creates the database when there is none.
  static Result<std::unique_ptr<SqliteVerifier>> open(SqliteVerifierOptions options);
  /// Logins that still wait are answered with Fault::kResource.
  ~SqliteVerifier() override;

  net::Task<Result<std::optional<Principal>>> verify(sasl::PasswordCredentials credentials) override;

 private:
  struct Login;
  SqliteVerifier(SqliteVerifierOptions options, UserDatabase database);

  void look_up(std::unique_ptr<Login> login);
  void hash(std::unique_ptr<Login> first, const CredentialCache::Key& key);
  /// Answers `first` and those who have joined it.
  void finish(Login& first, const CredentialCache::Key& key, const Result<bool>& is_right);
  Result<std::optional<User>> find(const std::string& name);

  const SqliteVerifierOptions options_;
  std::optional<UserDatabase>
      database_;  // of the lookup thread; nothing after a failure, until the next login opens it again
  CredentialCache cache_;
  SingleFlight<std::unique_ptr<Login>> hashes_;  // under way
  WorkerLane hash_lane_;
  WorkerLane lookup_lane_;  // ends first: its jobs submit to hash_lane_
};

}  // namespace sealpost::identity
