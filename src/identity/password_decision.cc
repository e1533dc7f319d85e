// The decision about one login.
#include "identity/password_decision.h"

#include "identity/password_hash.h"
#include "identity/verifier.h"

namespace sealpost::identity {

bool PasswordDecision::may_log_in() const {
  // RFC 4616 §2: acting for somebody else has to be authorized; nothing here grants that, so a name other than the own
  // is refused again, although the mechanism has done so (CVE-2023-27582).
  const bool acts_for_itself = credentials_.authzid.empty() || credentials_.authzid == credentials_.authcid;
  return user_ && user_->is_enabled && acts_for_itself;
}

std::optional<Principal> PasswordDecision::from_cache(const CredentialCache& cache, SteadyTime now) const {
  if (!may_log_in() || !cache.contains(cache.key_of(*user_, credentials_.password), now)) return std::nullopt;
  return PrincipalSource::make(user_->name);
}

Result<std::optional<Principal>> PasswordDecision::by_hash(const HashCheck& check, CredentialCache& cache,
                                                           SteadyTime now) const {
  const Result<bool> is_right = check(user_ ? user_->password_hash : decoy_hash(), credentials_.password);
  if (!is_right) return std::unexpected(is_right.error());
  if (!*is_right || !may_log_in()) return std::optional<Principal>();
  cache.insert(cache.key_of(*user_, credentials_.password), now);
  return std::optional(PrincipalSource::make(user_->name));
}

}  // namespace sealpost::identity
