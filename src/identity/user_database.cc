// Users in SQLite. Every value reaches SQL through a bind parameter (rules R11).
#include "identity/user_database.h"

#include <algorithm>
#include <filesystem>

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/utf8.h"
#include "sasl/server_mechanism.h"

namespace sealpost::identity {

namespace {

constexpr int kSchemaVersion = 1;
constexpr int kBusyTimeoutMilliseconds = 5000;  // a writer holds the lock for one short transaction

// scram_sha_256 is for the keys of SCRAM (RFC 5803 text form), which have to be made while the password is known; NULL
// until Sealpost makes them.
constexpr char kSchema[] = R"(
  CREATE TABLE users (
    name TEXT NOT NULL PRIMARY KEY COLLATE NOCASE CHECK (length(CAST(name AS BLOB)) BETWEEN 1 AND 255),
    password_hash TEXT NOT NULL,
    scram_sha_256 TEXT,
    is_enabled INTEGER NOT NULL DEFAULT 1 CHECK (is_enabled IN (0, 1)),
    created INTEGER NOT NULL,  -- milliseconds since 1970
    changed INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  PRAGMA user_version = 1;
)";

Fault fault_of(int code) {
  switch (code & 0xFF) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Fault::kCorruption;
    case SQLITE_FULL:
    case SQLITE_NOMEM:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Fault::kResource;
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_AUTH:
      return Fault::kConfiguration;
    default:
      return Fault::kInternal;
  }
}

/// An empty file with mode 0600, before SQLite would make one by the umask; SQLite gives -wal and -shm the same mode
/// and owner.
Result<void> create_file(const std::string& file) {
  const int descriptor = ::open(file.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0) {
    if (errno == EEXIST) return {};
    return fail_errno(fmt::format("cannot create the user database {}", file));
  }
  // When root adds the first user, the file has to be of use to the account that the server runs as.
  struct stat directory{};
  const std::string parent = std::filesystem::path(file).parent_path().string();
  const bool is_handed_over = geteuid() != 0 || (stat(parent.empty() ? "." : parent.c_str(), &directory) == 0 &&
                                                 fchown(descriptor, directory.st_uid, directory.st_gid) == 0);
  const int error = errno;
  ::close(descriptor);
  if (!is_handed_over) return fail_errno(fmt::format("cannot give the user database {} its owner", file), error);
  return {};
}

WallTime time_of(std::int64_t milliseconds) { return WallTime(std::chrono::milliseconds(milliseconds)); }

}  // namespace

/// One run of one statement: binds in order, steps, and resets at the end so that no lock stays behind.
class UserDatabase::Query {
 public:
  explicit Query(sqlite3_stmt* statement) : statement_(statement) {}
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;
  ~Query() {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
  }

  Query& bind(std::string_view text) {
    const int code = sqlite3_bind_text64(statement_, ++bound_, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
    SEALPOST_ASSERT(code == SQLITE_OK, "a statement takes its text");
    return *this;
  }
  Query& bind(std::int64_t number) {
    SEALPOST_ASSERT(sqlite3_bind_int64(statement_, ++bound_, number) == SQLITE_OK, "a statement takes its number");
    return *this;
  }
  int step() { return sqlite3_step(statement_); }
  /// Ends the statement's transaction before the query dies.
  void finish() { sqlite3_reset(statement_); }

  std::string text(int column) const {
    const void* data = sqlite3_column_blob(statement_, column);
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
    return data ? std::string(static_cast<const char*>(data), size) : std::string();
  }
  std::int64_t number(int column) const { return sqlite3_column_int64(statement_, column); }
  User user() const { return {text(0), text(1), number(2) == 1, time_of(number(3)), time_of(number(4))}; }

 private:
  sqlite3_stmt* statement_;
  int bound_ = 0;
};

bool is_user_name(std::string_view name) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  return !name.empty() && name.size() <= sasl::kNameMax && is_utf8(name) && !std::ranges::any_of(name, is_control) &&
         name.front() != ' ' && name.back() != ' ';
}

void UserDatabase::Close::operator()(sqlite3* connection) const { sqlite3_close_v2(connection); }
void UserDatabase::Close::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

UserDatabase::UserDatabase(std::string file, sqlite3* connection) : file_(std::move(file)), connection_(connection) {}

Result<UserDatabase> UserDatabase::open(const std::string& file, Open how) {
  if (how == Open::kCreateIfNone) {
    if (Result<void> created = create_file(file); !created) return std::unexpected(std::move(created.error()));
  } else if (access(file.c_str(), F_OK) != 0) {
    return fail_errno(fmt::format("cannot open the user database {}", file));
  }
  sqlite3* connection = nullptr;
  const int code = sqlite3_open_v2(file.c_str(), &connection, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  UserDatabase database(file, connection);
  if (code != SQLITE_OK) return database.failure("cannot open the user database", code);
  if (Result<void> ready = database.prepare(); !ready) return std::unexpected(std::move(ready.error()));
  return database;
}

Result<void> UserDatabase::prepare() {
  struct stat status{};
  if (stat(file_.c_str(), &status) != 0) return fail_errno(fmt::format("cannot open the user database {}", file_));
  device_ = status.st_dev;
  inode_ = status.st_ino;

  sqlite3_extended_result_codes(connection_.get(), 1);
  sqlite3_busy_timeout(connection_.get(), kBusyTimeoutMilliseconds);
  // A file from elsewhere cannot bring code with it in its schema.
  sqlite3_db_config(connection_.get(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(connection_.get(), SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  for (const char* sql : {"PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "PRAGMA foreign_keys = ON"}) {
    if (Result<void> done = execute(sql); !done) return done;
  }
  if (Result<void> done = bring_up_to_date(); !done) return done;

  Result<Statement> find =
      compile("SELECT name, password_hash, is_enabled, created, changed FROM users WHERE name = ?1");
  if (!find) return std::unexpected(std::move(find.error()));
  find_ = std::move(*find);
  return {};
}

Result<int> UserDatabase::schema_version() {
  Result<Statement> statement = compile("PRAGMA user_version");
  if (!statement) return std::unexpected(std::move(statement.error()));
  Query query(statement->get());
  if (const int code = query.step(); code != SQLITE_ROW) return failure("cannot read the user database", code);
  return static_cast<int>(query.number(0));
}

/// Makes the table in a new file; refuses a file that a later version wrote.
Result<void> UserDatabase::bring_up_to_date() {
  Result<int> version = schema_version();
  if (version && *version == 0) {
    // Immediate, so that of two programs that find a new file one makes the table and the other waits, and looks again.
    if (Result<void> begun = execute("BEGIN IMMEDIATE"); !begun) return begun;
    version = schema_version();
    if (version && *version == 0) {
      if (Result<void> made = execute(kSchema); !made) return made;
      version = kSchemaVersion;
    }
    if (Result<void> done = execute("COMMIT"); !done) return done;
    if (Result<void> done = fold_log(); !done) return done;
  }
  if (!version) return std::unexpected(std::move(version.error()));
  if (*version > kSchemaVersion)
    return fail(Fault::kConfiguration,
                fmt::format("the user database {} was written by a newer version of Sealpost", file_));
  return {};
}

Result<UserDatabase::Statement> UserDatabase::compile(const char* sql) {
  sqlite3_stmt* raw = nullptr;
  const int code = sqlite3_prepare_v3(connection_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
  if (code != SQLITE_OK) return failure("cannot use the user database", code);
  return Statement(raw);
}

Result<void> UserDatabase::execute(const char* sql) {
  const int code = sqlite3_exec(connection_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return failure("cannot use the user database", code);
  return {};
}

std::unexpected<Error> UserDatabase::failure(std::string_view action, int code) const {
  // SQLite's own messages may quote the statement, never a bound value.
  const char* reason = connection_ ? sqlite3_errmsg(connection_.get()) : sqlite3_errstr(code);
  return fail(fault_of(code), fmt::format("{} {}: {}", action, file_, reason));
}

Result<std::optional<User>> UserDatabase::find(std::string_view name) {
  if (!is_user_name(name)) return std::optional<User>();
  Query query(find_.get());
  const int code = query.bind(name).step();
  if (code == SQLITE_DONE) return std::optional<User>();
  if (code != SQLITE_ROW) return failure("cannot read the user database", code);
  User user = query.user();
  // Written by another hand than ours: a name that was never checked must not become a Principal.
  if (!is_user_name(user.name))
    return fail(Fault::kCorruption, fmt::format("a name in the user database {} is not one", file_));
  return std::optional(std::move(user));
}

Result<std::vector<User>> UserDatabase::list() {
  Result<Statement> statement =
      compile("SELECT name, password_hash, is_enabled, created, changed FROM users ORDER BY name");
  if (!statement) return std::unexpected(std::move(statement.error()));
  Query query(statement->get());
  std::vector<User> users;
  int code = SQLITE_ROW;
  while ((code = query.step()) == SQLITE_ROW) users.push_back(query.user());
  if (code != SQLITE_DONE) return failure("cannot read the user database", code);
  return users;
}

Result<void> UserDatabase::add(std::string_view name, std::string_view password_hash, WallTime now) {
  if (!is_user_name(name))
    return fail(
        Fault::kConfiguration,
        "a user name is 1 to 255 octets of UTF-8 without control characters, and without a space at either end");
  Result<Statement> statement =
      compile("INSERT INTO users (name, password_hash, created, changed) VALUES (?1, ?2, ?3, ?3)");
  if (!statement) return std::unexpected(std::move(statement.error()));
  Query query(statement->get());
  const int code = query.bind(name).bind(password_hash).bind(now.time_since_epoch().count()).step();
  if (code == SQLITE_CONSTRAINT_PRIMARYKEY) {
    const Result<std::optional<User>> known = find(name);
    return fail(Fault::kConfiguration, fmt::format("there is already a user {}; use set-password to change it",
                                                   known && *known ? (*known)->name : name));
  }
  if (code != SQLITE_DONE) return failure("cannot write the user database", code);
  query.finish();
  return fold_log();
}

Result<void> UserDatabase::set_password(std::string_view name, std::string_view password_hash, WallTime now) {
  // Keys derived from the old password must not outlive it.
  Result<Statement> statement =
      compile("UPDATE users SET password_hash = ?2, scram_sha_256 = NULL, changed = ?3 WHERE name = ?1");
  if (!statement) return std::unexpected(std::move(statement.error()));
  Query query(statement->get());
  return change(query.bind(name).bind(password_hash).bind(now.time_since_epoch().count()), name);
}

Result<void> UserDatabase::set_enabled(std::string_view name, bool is_enabled, WallTime now) {
  Result<Statement> statement = compile("UPDATE users SET is_enabled = ?2, changed = ?3 WHERE name = ?1");
  if (!statement) return std::unexpected(std::move(statement.error()));
  Query query(statement->get());
  return change(query.bind(name).bind(std::int64_t{is_enabled}).bind(now.time_since_epoch().count()), name);
}

Result<void> UserDatabase::remove(std::string_view name) {
  Result<Statement> statement = compile("DELETE FROM users WHERE name = ?1");
  if (!statement) return std::unexpected(std::move(statement.error()));
  Query query(statement->get());
  return change(query.bind(name), name);
}

Result<void> UserDatabase::change(Query& query, std::string_view name) {
  const int code = query.step();
  if (code != SQLITE_DONE) return failure("cannot write the user database", code);
  query.finish();
  if (sqlite3_changes(connection_.get()) != 0) return fold_log();
  return fail(Fault::kNotFound,
              is_user_name(name) ? fmt::format("there is no user {}", name) : "there is no such user");
}

/// Moves the write-ahead log into the file and empties it. Changes are rare, and so the file alone is the whole
/// database: a copy of it is a backup, and one put in its place meets no log of its predecessor, which SQLite would
/// replay into it.
Result<void> UserDatabase::fold_log() {
  const int code = sqlite3_wal_checkpoint_v2(connection_.get(), nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  // Busy: somebody reads at this moment. The change is durable in the log; the next change folds both.
  if (code != SQLITE_OK && code != SQLITE_BUSY) return failure("cannot write the user database", code);
  return {};
}

bool UserDatabase::is_current() const {
  struct stat status{};
  return stat(file_.c_str(), &status) == 0 && status.st_dev == device_ && status.st_ino == inode_;
}

}  // namespace sealpost::identity
