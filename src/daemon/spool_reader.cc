// `sealpost queue` without a server: the same verbs over a queue that delivers nothing.
#include "daemon/spool_reader.h"

#include <future>

#include <fmt/format.h>
#include <unistd.h>

#include "daemon/composition.h"
#include "daemon/queue_control.h"
#include "net/task_group.h"

namespace sealpost::daemon {

namespace {

constexpr std::size_t kPage = 500;  // messages of one commit

net::Task<bool> hand_over(const std::function<void(std::string_view)>& on_row, std::string document) {
  on_row(document);
  co_return true;
}

/// Waits for one commit.
Result<void> commit(spool::Spool& spool, spool::Change change) {
  std::promise<Result<void>> promise;
  auto committed = promise.get_future();
  spool.commit(std::move(change), [&promise](Result<void> result) { promise.set_value(std::move(result)); });
  return committed.get();
}

/// What "queue.retry" and "queue.delete" mean while nothing is being delivered.
Result<std::uint64_t> change_messages(spool::Spool& spool, const queue::Queue& queue, const queue::Filter& filter,
                                      bool is_delete) {
  std::uint64_t count = 0;
  for (QueueId after;;) {
    auto page = queue.list(filter, after, kPage);
    if (!page) return std::unexpected(std::move(page.error()));
    if (page->empty()) return count;
    spool::Change change;
    for (const auto& message : *page) {
      after = message.id;
      if (is_delete) {
        change.remove.push_back(message.id);
        continue;
      }
      auto stored = spool.load(message.id);
      if (!stored) return std::unexpected(std::move(stored.error()));
      stored->state.next_attempt = wall_now();
      change.set.emplace_back(message.id, std::move(stored->state));
    }
    count += page->size();
    if (auto done = commit(spool, std::move(change)); !done) return std::unexpected(std::move(done.error()));
  }
}

net::Task<Result<void>> answer_without_server(spool::Spool& spool, queue::Queue& queue,
                                              std::vector<std::string> request, SendRow send_row) {
  const bool is_delete = request.front() == "queue.delete";
  if (!is_delete && request.front() != "queue.retry")
    co_return co_await answer_queue_request(queue, std::move(request), std::move(send_row));
  auto filter = parse_filter({request.begin() + 1, request.end()});
  if (!filter) co_return std::unexpected(std::move(filter.error()));
  auto count = change_messages(spool, queue, *filter, is_delete);
  if (!count) co_return std::unexpected(std::move(count.error()));
  co_return co_await answer_with_count(*filter, *count, std::move(send_row));
}

net::Task<> answer(spool::Spool& spool, queue::Queue& queue, const std::vector<std::string>& request,
                   const std::function<void(std::string_view)>& on_row, Result<void>& result) {
  SendRow send_row = [&on_row](std::string document) { return hand_over(on_row, std::move(document)); };
  result = co_await answer_without_server(spool, queue, request, std::move(send_row));
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
  tasks.spawn("queue", answer(**spool, queue, request, on_row, result));
  context.run();
  return result;
}

}  // namespace sealpost::daemon
