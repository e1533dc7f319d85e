// PLAIN, server side (RFC 4616 §2). Exactly two NULs, as separators; every field valid UTF-8 of at most 255 octets.
#include "sasl/plain.h"

#include "sasl/credential_text.h"

namespace sealpost::sasl {

ServerMechanismStep PlainServer::respond(std::string_view response) {
  const std::size_t first = response.find('\0');
  if (first == response.npos) return Malformed{};
  const std::size_t second = response.find('\0', first + 1);
  if (second == response.npos) return Malformed{};

  const std::string_view authzid = response.substr(0, first);
  const std::string_view authcid = response.substr(first + 1, second - first - 1);
  const std::string_view password = response.substr(second + 1);
  // RFC 4616 §2: authzid may be empty; authcid and passwd are 1*SAFE, up to 255 octets. A third NUL lands in the
  // password and fails there.
  if (!authzid.empty() && !is_credential_text(authzid, kNameMax)) return Malformed{};
  if (!is_credential_text(authcid, kNameMax) || !is_credential_text(password, kPasswordMax)) return Malformed{};
  // RFC 4616 §2 leaves to the server whether one may act as another. Nobody may here: taking the authzid as given is
  // how CVE-2023-27582 worked.
  if (!authzid.empty() && authzid != authcid) return NotAuthorized{};
  return Verify{{std::string(authzid), std::string(authcid), SecretString(password)}};
}

}  // namespace sealpost::sasl
