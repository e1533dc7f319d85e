// Principal and RelayPermit: proofs. A Principal exists only where an authenticator verified somebody, a RelayPermit
// only where somebody may relay; the queue takes nothing without a permit, so an open relay does not compile.
#pragma once
#include <string>
#include <utility>

namespace sealpost {

namespace identity {
class PrincipalSource;  // identity/: the end of every Verifier's decision
}
namespace submission {
class LocalDelivery;  // submission/: recipients in our own domains, on the service "smtp"
}
namespace queue {
class BounceRelay;  // queue/: reports about mail that was ours already
}
struct PrincipalForTest;  // tests only

/// Who logged in. `name` is the account the decision was made for: valid UTF-8, at most 255 octets, no control
/// characters.
class Principal {
 public:
  const std::string& name() const { return name_; }

 private:
  friend class identity::PrincipalSource;
  friend struct PrincipalForTest;
  explicit Principal(std::string name) : name_(std::move(name)) {}
  std::string name_;
};

/// The right to put one message into the queue.
class RelayPermit {
 public:
  /// An authenticated user may relay (RFC 6409 §4.3).
  static RelayPermit for_principal(const Principal& principal) { return RelayPermit(principal.name()); }

  /// The account charged for the message; empty for local delivery and for reports.
  const std::string& account() const { return account_; }

 private:
  friend class submission::LocalDelivery;
  friend class queue::BounceRelay;
  explicit RelayPermit(std::string account) : account_(std::move(account)) {}
  std::string account_;
};

struct PrincipalForTest {
  static Principal make(std::string name) { return Principal(std::move(name)); }
};

}  // namespace sealpost
