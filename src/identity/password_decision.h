// One login, from the stored account to the answer. The only maker of Principals from passwords. Account state is part
// of the same decision (rules R9), and every refusal costs the same work (R18).
#pragma once
#include <functional>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/principal.h"
#include "base/result.h"
#include "identity/credential_cache.h"
#include "identity/user_database.h"
#include "sasl/server_mechanism.h"

namespace sealpost::identity {

/// verify_password(), or a stand-in that a test counts.
using HashCheck = std::function<Result<bool>(const std::string& hash, const SecretString& password)>;

class PasswordDecision {
 public:
  /// `user`: the account that the name means, as stored at this moment; nothing when there is none.
  PasswordDecision(sasl::PasswordCredentials credentials, std::optional<User> user)
      : credentials_(std::move(credentials)), user_(std::move(user)) {}

  /// Whether a right password is enough.
  bool may_log_in() const;
  /// Logins with the same key have the same hash to compute and the same password to compare.
  CredentialCache::Key key(const CredentialCache& cache) const;
  /// The slow part: one password hash, whatever the account is.
  Result<bool> is_password_right(const HashCheck& check) const;
  /// The answer, once it is known whether the password is right.
  Result<std::optional<Principal>> answer(const Result<bool>& is_right) const;

 private:
  sasl::PasswordCredentials credentials_;
  std::optional<User> user_;
};

}  // namespace sealpost::identity
