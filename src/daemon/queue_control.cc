// The verbs of `sealpost queue`, and the documents they answer with.
#include "daemon/queue_control.h"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace sealpost::daemon {

namespace {

constexpr std::size_t kPage = 500;  // messages read from the spool between two rows to the client

const char* name_of(spool::RecipientStatus status) {
  switch (status) {
    case spool::RecipientStatus::kPending:
      return "pending";
    case spool::RecipientStatus::kDelivered:
      return "delivered";
    case spool::RecipientStatus::kFailed:
      return "failed";
  }
  return "unknown";
}

net::Task<Result<void>> list(queue::Queue& queue, const queue::Filter& filter, const SendRow& send_row) {
  QueueId after;
  for (;;) {
    auto page = queue.list(filter, after, kPage);
    if (!page) co_return std::unexpected(std::move(page.error()));
    for (const auto& message : *page) {
      std::string document = boost::json::serialize(to_json(message));
      if (!co_await send_row(std::move(document))) co_return Result<void>{};
      after = message.id;
    }
    if (page->size() < kPage) co_return Result<void>{};
  }
}

}  // namespace

boost::json::object to_json(const queue::QueuedMessage& message) {
  boost::json::array recipients;
  for (const auto& recipient : message.recipients) {
    recipients.push_back({{"address", recipient.address},
                          {"status", name_of(recipient.status)},
                          {"last_reply", recipient.last_reply},
                          {"destination", recipient.destination}});
  }
  return {{"id", message.id.to_string()},
          {"sender", message.sender},
          {"account", message.account},
          {"client_address", message.client_address},
          {"arrived", format_rfc3339(message.arrived)},
          {"size", message.size.count},
          {"attempts", message.attempts},
          {"next_attempt", format_rfc3339(message.next_attempt)},
          {"recipients", std::move(recipients)}};
}

boost::json::object to_json(const queue::QueueStats& stats) {
  boost::json::array destinations;
  for (const auto& destination : stats.destinations) {
    boost::json::object entry{{"name", destination.name},
                              {"waiting", destination.waiting},
                              {"connections", destination.connections},
                              {"connections_allowed", destination.connections_allowed},
                              {"last_failure", destination.last_failure}};
    if (destination.suspended_until) entry["suspended_until"] = format_rfc3339(*destination.suspended_until);
    destinations.push_back(std::move(entry));
  }
  return {{"queued", stats.queued},
          {"content_bytes", stats.content.count},
          {"active", stats.active},
          {"accepted", stats.accepted},
          {"delivered", stats.delivered},
          {"deferred", stats.deferred},
          {"failed", stats.failed},
          {"reports", stats.reports},
          {"commits", stats.commits},
          {"syncs", stats.syncs},
          {"destinations", std::move(destinations)}};
}

Result<queue::Filter> parse_filter(const std::vector<std::string>& words) {
  queue::Filter filter;
  for (const auto& word : words) {
    const auto equals = word.find('=');
    const std::string name = word.substr(0, equals);
    const std::string value = equals == word.npos ? std::string() : word.substr(equals + 1);
    if (name == "id") {
      filter.id = QueueId::parse(value);
      if (!filter.id)
        return fail(Fault::kConfiguration, fmt::format("\"{}\" is no queue id: thirteen letters and digits", value));
    } else if (name == "account") {
      filter.account = value;
    } else if (name == "sender") {
      filter.sender = value;
    } else if (name == "recipient") {
      filter.recipient = value;
    } else {
      return fail(Fault::kConfiguration,
                  fmt::format("\"{}\" restricts nothing: id, account, sender or recipient", word));
    }
  }
  return filter;
}

net::Task<Result<void>> answer_with_count(queue::Filter filter, std::uint64_t messages, SendRow send_row) {
  if (filter.id && messages == 0)
    co_return fail(Fault::kNotFound, fmt::format("there is no message {} in the queue", filter.id->to_string()));
  std::string document = boost::json::serialize(boost::json::object{{"messages", messages}});
  co_await send_row(std::move(document));
  co_return Result<void>{};
}

net::Task<Result<void>> answer_queue_request(queue::Queue& queue, std::vector<std::string> request, SendRow send_row) {
  const std::string verb = request.front();
  auto filter = parse_filter({request.begin() + 1, request.end()});
  if (!filter) co_return std::unexpected(std::move(filter.error()));
  std::string document;
  if (verb == "queue.list") {
    co_return co_await list(queue, *filter, send_row);
  } else if (verb == "queue.show") {
    if (!filter->id) co_return fail(Fault::kConfiguration, "show needs a queue id");
    auto message = queue.show(*filter->id);
    if (!message) co_return std::unexpected(std::move(message.error()));
    document = boost::json::serialize(to_json(*message));
  } else if (verb == "queue.retry" || verb == "queue.delete") {
    auto count = verb == "queue.retry" ? co_await queue.retry(*filter) : co_await queue.remove(*filter);
    if (!count) co_return std::unexpected(std::move(count.error()));
    co_return co_await answer_with_count(*filter, *count, std::move(send_row));
  } else if (verb == "queue.stats") {
    auto stats = co_await queue.stats();
    document = boost::json::serialize(to_json(stats));
  } else {
    co_return fail(Fault::kConfiguration, fmt::format("\"{}\" is nothing this server can do", verb));
  }
  co_await send_row(std::move(document));
  co_return Result<void>{};
}

}  // namespace sealpost::daemon
