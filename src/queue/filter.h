// Filter: which stored messages an operator's command is about.
#pragma once
#include "queue/queue.h"
#include "spool/spool.h"

namespace sealpost::queue {

/// Whether the id alone decides, so that nothing has to be read.
bool is_about_ids_only(const Filter& filter);
bool fits(const Filter& filter, const spool::Stored& stored);

}  // namespace sealpost::queue
