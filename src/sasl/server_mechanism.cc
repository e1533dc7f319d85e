// The mechanisms this server knows, by name (RFC 4422 §3.1). A name that is not here does not exist.
#include "sasl/server_mechanism.h"

#include "sasl/login.h"
#include "sasl/plain.h"

namespace sealpost::sasl {

std::unique_ptr<ServerMechanism> make_server_mechanism(std::string_view name) {
  if (name == "PLAIN") return std::make_unique<PlainServer>();
  if (name == "LOGIN") return std::make_unique<LoginServer>();
  return nullptr;
}

}  // namespace sealpost::sasl
