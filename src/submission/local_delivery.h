// LocalDelivery: the right to queue mail without AUTH, for recipients in our own domains only (service smtp, RFC 5321
// §3.6.2). Its permits are handed out by the decider after every recipient has passed recipient().
#pragma once
#include "base/principal.h"

namespace sealpost::submission {

class LocalDelivery {
  friend class Decider;
  static RelayPermit permit() { return RelayPermit(std::string()); }
};

}  // namespace sealpost::submission
