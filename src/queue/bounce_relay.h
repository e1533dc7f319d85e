// BounceRelay: the permit for reports about mail that was ours already (RFC 5321 §6.1). Used by the queue alone.
#pragma once
#include "base/principal.h"

namespace sealpost::queue {

class BounceRelay {
 private:
  friend class Reports;
  static RelayPermit permit() { return RelayPermit({}); }
};

}  // namespace sealpost::queue
