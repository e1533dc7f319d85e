// Logins against the embedded user database: lookup lane, cache, hash lane, answer.
#include "identity/sqlite_verifier.h"

#include <algorithm>
#include <thread>

#include "net/await_callback.h"

namespace sealpost::identity {

namespace {

using Answer = Result<std::optional<Principal>>;

std::size_t threads_for(std::size_t wanted) {
  return wanted != 0 ? wanted : std::max<std::size_t>(1, std::thread::hardware_concurrency() / 2);
}

std::unexpected<Error> refused(WorkerLane::Turn turn) {
  return fail(Fault::kResource, turn == WorkerLane::Turn::kClosing ? "the server is stopping"
                                                                   : "too many logins are waiting for verification");
}

}  // namespace

/// What travels through the lanes; wiped with its password when the answer is given.
struct SqliteVerifier::Login {
  sasl::PasswordCredentials credentials;
  net::Completion<Answer> complete;
  std::optional<PasswordDecision> decision = {};  // takes the credentials when the account was looked up
};

Result<std::unique_ptr<SqliteVerifier>> SqliteVerifier::open(SqliteVerifierOptions options) {
  Result<UserDatabase> database = UserDatabase::open(options.database_file, UserDatabase::Open::kCreateIfNone);
  if (!database) return std::unexpected(std::move(database.error()));
  ignore(decoy_hash(), "made now, so that the first unknown user does not take twice as long");
  return std::unique_ptr<SqliteVerifier>(new SqliteVerifier(std::move(options), std::move(*database)));
}

SqliteVerifier::SqliteVerifier(SqliteVerifierOptions options, UserDatabase database)
    : options_(std::move(options)),
      database_(std::move(database)),
      cache_(options_.cache_entries_max, options_.cache_lifetime),
      hash_lane_(threads_for(options_.hash_threads), options_.hash_waiting_max),
      lookup_lane_(1, options_.lookup_waiting_max) {}

SqliteVerifier::~SqliteVerifier() = default;

net::Task<Answer> SqliteVerifier::verify(sasl::PasswordCredentials credentials) {
  auto start = [this, credentials = std::move(credentials)](net::Completion<Answer> complete) mutable {
    auto login = std::make_unique<Login>(std::move(credentials), std::move(complete));
    lookup_lane_.submit([this, login = std::move(login)](WorkerLane::Turn turn) mutable {
      if (turn == WorkerLane::Turn::kRun)
        look_up(std::move(login));
      else
        login->complete(refused(turn));
    });
  };
  Answer answer = co_await net::await_callback<Answer>(std::move(start));
  co_return answer;
}

void SqliteVerifier::look_up(std::unique_ptr<Login> login) {
  Result<std::optional<User>> user = find(login->credentials.authcid);
  if (!user) {
    login->complete(std::unexpected(std::move(user.error())));
    return;
  }
  const PasswordDecision& decision = login->decision.emplace(std::move(login->credentials), std::move(*user));
  const CredentialCache::Key key = decision.key(cache_);
  if (hashes_.join(key, login)) return;
  // Only now is the cache asked: the hash that this login has just missed left its answer there first.
  if (decision.may_log_in() && cache_.recall(key, options_.now()))
    finish(*login, key, true);
  else
    hash(std::move(login), key);
}

void SqliteVerifier::hash(std::unique_ptr<Login> first, const CredentialCache::Key& key) {
  hash_lane_.submit([this, key, login = std::move(first)](WorkerLane::Turn turn) {
    if (turn != WorkerLane::Turn::kRun) {
      finish(*login, key, refused(turn));
      return;
    }
    const SteadyTime began = options_.now();
    const Result<bool> is_right = login->decision->is_password_right(options_.check);
    if (is_right.value_or(false) && login->decision->may_log_in()) cache_.insert(key, began);
    finish(*login, key, is_right);
  });
}

void SqliteVerifier::finish(Login& first, const CredentialCache::Key& key, const Result<bool>& is_right) {
  const auto joined = hashes_.finish(key);
  first.complete(first.decision->answer(is_right));
  for (const auto& login : joined) login->complete(login->decision->answer(is_right));
}

Result<std::optional<User>> SqliteVerifier::find(const std::string& name) {
  // A database restored from a backup is another file under the same name; the old one must not answer for it.
  if (database_ && !database_->is_current()) database_.reset();
  if (!database_) {
    Result<UserDatabase> opened = UserDatabase::open(options_.database_file, UserDatabase::Open::kExisting);
    if (!opened) return std::unexpected(std::move(opened.error()));
    database_.emplace(std::move(*opened));
  }
  Result<std::optional<User>> user = database_->find(name);
  if (!user) database_.reset();
  return user;
}

}  // namespace sealpost::identity
