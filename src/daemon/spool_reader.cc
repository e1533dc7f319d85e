// `sealpost queue` without a server: the same verbs over a queue that delivers nothing.
#include "daemon/spool_reader.h"

#include <fmt/format.h>
#include <unistd.h>

#include "daemon/composition.h"
#include "daemon/queue_control.h"
#include "net/task_group.h"

namespace sealpost::daemon {

namespace {

net::Task<bool> hand_over(const std::function<void(std::string_view)>& on_row, std::string document) {
  on_row(document);
  co_return true;
}

net::Task<> answer(queue::Queue& queue, const std::vector<std::string>& request,
                   const std::function<void(std::string_view)>& on_row, Result<void>& result) {
  SendRow send_row = [&on_row](std::string document) { return hand_over(on_row, std::move(document)); };
  result = co_await answer_queue_request(queue, request, send_row);
  co_await queue.shut_down(steady_now());
}

}  // namespace

Result<void> request_from_spool(const config::Configuration& configuration, const std::vector<std::string>& request,
                                const std::function<void(std::string_view document)>& on_row) {
  auto options = spool_options(configuration);
  if (::access(options.directory.c_str(), F_OK) != 0)
    return fail(Fault::kNotFound,
                fmt::format("no server is running, and {} has no spool yet", configuration.data_directory));
  auto spool = spool::open_rocksdb_spool(std::move(options));
  if (!spool) return std::unexpected(std::move(spool.error()));
  net::asio::io_context context(1);
  auto table = delivery::RouteTable::make(routes(configuration), configuration.hostname);
  if (!table) return std::unexpected(std::move(table.error()));
  // Without recover() the queue knows of no work, so nothing is delivered while we look.
  queue::Queue queue(context, **spool, std::move(*table), queue_options(configuration));
  Result<void> result;
  net::TaskGroup tasks(context);
  tasks.spawn("queue", answer(queue, request, on_row, result));
  context.run();
  return result;
}

}  // namespace sealpost::daemon
