// LOGIN, server side (draft-murchison-sasl-login-00): user name and password in two responses. Obsolete, and what many
// clients still speak. Never offered without TLS by itself; that is the session's rule.
#pragma once
#include <string>

#include "sasl/server_mechanism.h"

namespace sealpost::sasl {

class LoginServer final : public ServerMechanism {
 public:
  /// The server speaks first by the draft, yet clients send "AUTH LOGIN <username>" and every common server takes it as
  /// the user name.
  bool takes_initial_response() const override { return true; }
  /// "Username:", which is VXNlcm5hbWU6 on the wire.
  Challenge first_challenge() override { return {"Username:"}; }
  ServerMechanismStep respond(std::string_view response) override;

 private:
  std::string username_;  // empty until the first response
};

}  // namespace sealpost::sasl
