// The Maildir agent: final delivery into files, on its own small pool of threads, because a sync blocks.
// Never: blocks the relay's network thread.
#pragma once
#include <memory>
#include <string>

#include "base/result.h"
#include "delivery/agent.h"
#include "delivery/route.h"

namespace sealpost::delivery {

/// Fault::kConfiguration when the route has no path, or one that is not absolute.
Result<std::unique_ptr<Agent>> make_maildir_agent(const Route& route, const std::string& hostname);

}  // namespace sealpost::delivery
