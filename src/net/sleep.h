// Waiting for a point in time, for pacing and retries. Never used to wait for an event that could be awaited itself.
#pragma once
#include "base/clock.h"
#include "net/task.h"

namespace sealpost::net {

/// Resumes on the awaiting task's executor once `time` has passed; at once when it has passed already.
Task<> sleep_until(SteadyTime time);

}  // namespace sealpost::net
