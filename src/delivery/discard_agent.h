// The discard agent: takes every message and throws it away. For load tests and for addresses that nobody reads.
#pragma once
#include <memory>

#include "delivery/agent.h"

namespace sealpost::delivery {

std::unique_ptr<Agent> make_discard_agent();

}  // namespace sealpost::delivery
