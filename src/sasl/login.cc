// LOGIN, server side (draft-murchison-sasl-login-00 §2). The limits are those of PLAIN, because the credentials are the
// same.
#include "sasl/login.h"

#include "sasl/credential_text.h"

namespace sealpost::sasl {

ServerMechanismStep LoginServer::respond(std::string_view response) {
  if (username_.empty()) {
    if (!is_credential_text(response, kNameMax)) return Malformed{};
    username_ = response;
    return Challenge{"Password:"};  // UGFzc3dvcmQ6 on the wire
  }
  if (!is_credential_text(response, kPasswordMax)) return Malformed{};
  return Verify{{{}, std::move(username_), SecretString(response)}};
}

}  // namespace sealpost::sasl
