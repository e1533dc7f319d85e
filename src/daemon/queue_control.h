// The queue as operators see it: the verbs of the control socket, and the JSON of messages and figures. `sealpost
// queue` shows the same documents whether a server answered or the spool was read directly.
#pragma once
#include <string>
#include <vector>

#include <boost/json/object.hpp>

#include "daemon/control_server.h"
#include "queue/queue.h"

namespace sealpost::daemon {

boost::json::object to_json(const queue::QueuedMessage& message);
boost::json::object to_json(const queue::QueueStats& stats);

/// A request: "queue.list", "queue.show", "queue.retry", "queue.delete", "queue.stats", then "name=value" words: id,
/// account, sender, recipient. list and show answer with one document per message; retry and delete with {"messages":
/// N}; stats with one document. Fault::kConfiguration for a word that is none of these.
net::Task<Result<void>> answer_queue_request(queue::Queue& queue, std::vector<std::string> request, SendRow send_row);

/// The answer to retry and delete; Fault::kNotFound when one message was named and is not there.
net::Task<Result<void>> answer_with_count(queue::Filter filter, std::uint64_t messages, SendRow send_row);

/// "id=0G5XK2V7M0001" and so on into a filter.
Result<queue::Filter> parse_filter(const std::vector<std::string>& words);

}  // namespace sealpost::daemon
