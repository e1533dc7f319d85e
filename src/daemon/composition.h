// From a configuration to the options of every service. The only place that knows both the file's words and the
// services' types.
#pragma once
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "config/configuration.h"
#include "delivery/route.h"
#include "queue/queue.h"
#include "spool/spool.h"
#include "submission/options.h"

namespace sealpost::daemon {

std::string spool_directory(const config::Configuration& configuration);
spool::RocksdbOptions spool_options(const config::Configuration& configuration);
std::vector<delivery::Route> routes(const config::Configuration& configuration);
queue::QueueOptions queue_options(const config::Configuration& configuration);
/// How long deliveries in progress may go on when the server was told to stop at `stopping` and its last session has
/// ended at `now`.
SteadyTime delivery_deadline(const config::Configuration& configuration, SteadyTime stopping, SteadyTime now);
submission::Limits limits(const config::Configuration& configuration);
/// `tls` may be null when there is no certificate; it outlives the server.
submission::ListenerOptions listener_options(const config::Configuration& configuration,
                                             const config::Listener& listener, const net::ServerTlsContext* tls);

}  // namespace sealpost::daemon
