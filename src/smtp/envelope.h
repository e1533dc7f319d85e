// The envelope: everything SMTP knows about a message beside its content. Complete once the transaction is; never
// half-built.
#pragma once
#include <vector>

#include "smtp/address.h"
#include "smtp/parameters.h"

namespace sealpost::smtp {

struct Recipient {
  Mailbox forward_path;
  RcptParameters parameters;
};

struct Envelope {
  ReversePath reverse_path;
  MailParameters parameters;
  std::vector<Recipient> recipients;  // in the order of RCPT; never empty once accepted
};

}  // namespace sealpost::smtp
