// What the session waits for the world to answer, together with what the answer is about. Waiting is this one variable
// beside the protocol state: while it is set nothing is parsed.
#pragma once
#include <optional>
#include <string>
#include <variant>

#include "sasl/server_mechanism.h"
#include "smtp/command.h"
#include "smtp/envelope.h"

namespace sealpost::smtp::server {

struct VerifyQuestion {
  std::string mechanism;
  sasl::PasswordCredentials credentials;
};
struct SenderQuestion {
  MailCommand mail;
};
struct RecipientQuestion {
  Recipient recipient;
};
struct ContentQuestion {
  std::optional<BdatCommand> chunk;  // nothing: DATA
};
struct AcceptQuestion {};

using Question =
    std::variant<std::monostate, VerifyQuestion, SenderQuestion, RecipientQuestion, ContentQuestion, AcceptQuestion>;

}  // namespace sealpost::smtp::server
