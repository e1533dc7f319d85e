// The server side of one SASL exchange (RFC 4422): one object per AUTH attempt, destroyed with it (R8: no reuse after
// failure or abort). Mechanisms are pure: they turn responses into challenges and, at the end, into something that the
// identity back end can verify.
#pragma once
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "base/secret.h"

namespace sealpost::sasl {

inline constexpr std::size_t kNameMax = 255;  // RFC 4616 §2: authzid, authcid and passwd up to 255 octets each
inline constexpr std::size_t kPasswordMax = 255;

/// What PLAIN and LOGIN end with. All three are valid UTF-8 without NUL; authcid and password are not empty.
struct PasswordCredentials {
  std::string authzid;  // empty, or equal to authcid: anything else has been refused already (CVE-2023-27582)
  std::string authcid;
  SecretString password;
};

/// Send this, base64-encoded, behind "334 ".
struct Challenge {
  std::string octets;
};
/// The exchange is complete; ask the back end about these.
struct Verify {
  PasswordCredentials credentials;
};
/// The response breaks the mechanism's grammar (501 5.5.2), or asks for an authorization identity that is not its own
/// (535 5.7.8).
struct Malformed {};
struct NotAuthorized {};

using ServerMechanismStep = std::variant<Challenge, Verify, Malformed, NotAuthorized>;

class ServerMechanism {
 public:
  virtual ~ServerMechanism() = default;
  /// RFC 4954 §4: an initial response with a mechanism in which the server speaks first is refused with 501 5.7.0.
  virtual bool takes_initial_response() const = 0;
  /// The first step, when no initial response was given: the first challenge (empty for PLAIN).
  virtual Challenge first_challenge() = 0;
  /// A decoded response. Never called again after anything but a Challenge.
  virtual ServerMechanismStep respond(std::string_view response) = 0;
};

/// `name` in upper case, one of "PLAIN", "LOGIN"; null for any other.
std::unique_ptr<ServerMechanism> make_server_mechanism(std::string_view name);

}  // namespace sealpost::sasl
