// The users of the embedded database: one SQLite file, written by `sealpost user`, read by the server at every login.
// Never: SQL put together from values, a password in clear, a file that others can read.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"

struct sqlite3;
struct sqlite3_stmt;

namespace sealpost::identity {

struct User {
  std::string name;           // as it was added
  std::string password_hash;  // argon2id, in its own text form
  bool is_enabled = true;
  WallTime created;
  WallTime changed;  // the last change of password or state
};

/// Names are compared without regard to ASCII case, in the local part too: two accounts that differ in case alone are a
/// trap for people and a way around per-login limits. 1 to 255 octets of UTF-8 (RFC 4616 §2) without control characters
/// and without white space at either end.
bool is_user_name(std::string_view name);

/// One connection; used by one thread at a time. Errors name the file. A name that is there or not there is told in
/// words for people: Fault::kConfiguration for "already there", Fault::kNotFound for "not there".
class UserDatabase {
 public:
  enum class Open {
    kExisting,      // Fault::kNotFound when there is no file
    kCreateIfNone,  // with mode 0600, owned by the owner of its directory when root creates it
  };
  static Result<UserDatabase> open(const std::string& file, Open how);

  Result<std::optional<User>> find(std::string_view name);
  /// In the order of names.
  Result<std::vector<User>> list();

  Result<void> add(std::string_view name, std::string_view password_hash, WallTime now);
  Result<void> set_password(std::string_view name, std::string_view password_hash, WallTime now);
  Result<void> set_enabled(std::string_view name, bool is_enabled, WallTime now);
  Result<void> remove(std::string_view name);

  /// False when `file` is no longer what this connection has open: replaced by a backup, or gone.
  bool is_current() const;

 private:
  struct Close {
    void operator()(sqlite3* connection) const;
    void operator()(sqlite3_stmt* statement) const;
  };
  using Statement = std::unique_ptr<sqlite3_stmt, Close>;
  class Query;

  UserDatabase(std::string file, sqlite3* connection);
  Result<void> prepare();
  Result<void> bring_up_to_date();
  Result<int> schema_version();
  Result<void> execute(const char* sql);
  Result<void> fold_log();
  Result<Statement> compile(const char* sql);
  std::unexpected<Error> failure(std::string_view action, int code) const;
  /// Runs a change of one row; Fault::kNotFound when no row has the name.
  Result<void> change(Query& query, std::string_view name);

  std::string file_;
  std::uint64_t device_ = 0;  // of the file as it was opened
  std::uint64_t inode_ = 0;
  std::unique_ptr<sqlite3, Close> connection_;
  Statement find_;  // prepared once: it runs at every login
};

}  // namespace sealpost::identity
