// PLAIN, server side (RFC 4616): authzid NUL authcid NUL passwd in one response. Never keeps a response after respond()
// returned.
#pragma once
#include "sasl/server_mechanism.h"

namespace sealpost::sasl {

class PlainServer final : public ServerMechanism {
 public:
  bool takes_initial_response() const override { return true; }
  /// Empty: the client speaks first (RFC 4616 §2).
  Challenge first_challenge() override { return {}; }
  ServerMechanismStep respond(std::string_view response) override;
};

}  // namespace sealpost::sasl
