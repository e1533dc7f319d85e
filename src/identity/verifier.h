// Verifier: answers "is this who they say, and may they log in". Back ends live behind it; a back end that is down is
// an Error, never a refusal.
#pragma once
#include <optional>
#include <string>

#include "base/principal.h"
#include "base/result.h"
#include "net/task.h"
#include "sasl/server_mechanism.h"

namespace sealpost::identity {

/// The one place where principals are made: the end of a verification that said yes.
class PrincipalSource {
  friend class PasswordDecision;
  static Principal make(std::string name) { return Principal(std::move(name)); }
};

class Verifier {
 public:
  virtual ~Verifier() = default;
  /// A Principal when the password is right and the account may log in; nothing when not, with the same delay for
  /// unknown users, wrong passwords and disabled accounts. Hashing happens in a bounded pool, never on the calling
  /// thread; the task resumes on its own executor. Fault::kResource when the pool's queue is full, any other Error when
  /// the back end failed: both are 454 4.7.0 to the client.
  virtual net::Task<Result<std::optional<Principal>>> verify(sasl::PasswordCredentials credentials) = 0;
};

}  // namespace sealpost::identity
