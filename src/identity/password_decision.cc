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

CredentialCache::Key PasswordDecision::key(const CredentialCache& cache) const {
  if (user_) return cache.key_of(*user_, credentials_.password);
  // Names are compared without regard to ASCII case. An unknown one is treated alike, or the time of many logins at
  // once would tell which names there are (design rule R18).
  std::string name = credentials_.authcid;
  for (char& octet : name)
    if (octet >= 'A' && octet <= 'Z') octet = static_cast<char>(octet - 'A' + 'a');
  return cache.key_of_unknown(name, credentials_.password);
}

Result<bool> PasswordDecision::is_password_right(const HashCheck& check) const {
  return check(user_ ? user_->password_hash : decoy_hash(), credentials_.password);
}

Result<std::optional<Principal>> PasswordDecision::answer(const Result<bool>& is_right) const {
  if (!is_right) return std::unexpected(is_right.error());
  if (!*is_right || !may_log_in()) return std::optional<Principal>();
  return std::optional(PrincipalSource::make(user_->name));
}

}  // namespace sealpost::identity
