// The client side of PLAIN (RFC 4616) and LOGIN (draft-murchison-sasl-login-00): what goes onto the wire, base64
// included (RFC 4954 §4). Never sends anything by itself and never decides whether the connection is safe enough to say
// it.
#pragma once
#include <string_view>

#include "base/secret.h"

namespace sealpost::sasl {

/// PLAIN's one message, for "AUTH PLAIN <this>" or behind an empty challenge. `authzid` is usually empty.
SecretString plain_initial_response(std::string_view authzid, std::string_view authcid, const SecretString& password);
/// The answers to the two challenges of LOGIN, whatever their wording: first this …
SecretString login_username_response(std::string_view username);
/// … then this.
SecretString login_password_response(const SecretString& password);

}  // namespace sealpost::sasl
