// Accepting, distributing and draining connections.
#include "submission/server.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>

#include "base/assert.h"
#include "net/task_group.h"
#include "observe/events.h"
#include "observe/log.h"
#include "smtp/reply_catalogue.h"
#include "submission/connection.h"

namespace sealpost::submission {

namespace replies = smtp::catalogue;
namespace events = observe::events;
using observe::Level;

namespace {

const char* name_of(smtp::Service service) {
  switch (service) {
    case smtp::Service::kSubmissions:
      return "submissions";
    case smtp::Service::kSubmission:
      return "submission";
    case smtp::Service::kSmtp:
      return "smtp";
  }
  return "unknown";
}

/// RFC 5321 §3.8: 421 in place of the greeting. It fits the empty buffer of a new socket; where it does not, nobody
/// waits for it. RFC 8314 §3.3: where TLS comes first nothing is said in clear, and a handshake is what we cannot
/// afford.
void turn_away(net::tcp::socket& socket, const ListenerOptions& listener, const smtp::Reply& reply) {
  if (listener.session.service == smtp::Service::kSubmissions) return;
  std::string wire;
  reply.append_to(wire);
  net::error_code ignored;
  socket.non_blocking(true, ignored);
  socket.write_some(net::asio::buffer(wire), ignored);
  socket.shutdown(net::tcp::socket::shutdown_send, ignored);
}

}  // namespace

/// What one network thread has of its own. Touched by that thread only.
struct Server::Shard {
  Shard(net::asio::io_context& io, std::uint8_t number) : context(io), tasks(io), ids(number) {}

  net::asio::io_context& context;
  net::TaskGroup tasks;
  QueueIdSource ids;  // session ids are made like queue ids: unique, and in the order of time
  std::unordered_set<Connection*> connections;
};

Server::Server(std::vector<ListenerOptions> listeners, Limits limits, Services services, net::IoThreads& threads)
    : options_(std::move(listeners)), limits_(limits), services_(services), threads_(threads) {
  for (std::size_t i = 0; i < threads_.size(); ++i)
    shards_.push_back(std::make_unique<Shard>(threads_.context(i), static_cast<std::uint8_t>(i)));
}

Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::bind(std::vector<ListenerOptions> listeners, Limits limits, Services services,
                                             net::IoThreads& threads) {
  std::unique_ptr<Server> server(new Server(std::move(listeners), limits, services, threads));
  for (const auto& options : server->options_) {
    auto listener = net::Listener::bind(threads.context(0), options.address);
    if (!listener) return std::unexpected(std::move(listener.error()));
    server->listeners_.push_back(std::move(*listener));
  }
  return server;
}

void Server::start() {
  for (std::size_t i = 0; i < listeners_.size(); ++i) {
    const ListenerOptions& options = options_[i];
    observe::log(Level::kInfo, events::kListening,
                 {{"listener", options.name},
                  {"address", listeners_[i].local_address()},
                  {"service", name_of(options.session.service)}});
    auto take = [this, &options](net::tcp::socket socket, net::asio::io_context& target) {
      admit(std::move(socket), options, shard_of(target));
    };
    shards_.front()->tasks.spawn_from_any_thread("listener", listeners_[i].run(std::move(take), threads_.contexts()));
  }
}

Server::Shard& Server::shard_of(const net::asio::io_context& context) {
  const auto found = std::ranges::find_if(shards_, [&](const auto& shard) { return &shard->context == &context; });
  SEALPOST_ASSERT(found != shards_.end(), "connections are accepted for our own threads only");
  return **found;
}

void Server::admit(net::tcp::socket socket, const ListenerOptions& listener, Shard& shard) {
  if (connections_.fetch_add(1, std::memory_order_relaxed) >= limits_.connections_max || is_draining_) {
    connections_.fetch_sub(1, std::memory_order_relaxed);
    observe::log(
        Level::kWarning, events::kRefused,
        {{"listener", listener.name}, {"reason", is_draining_ ? "the server stops" : "connections_max is reached"}});
    turn_away(socket, listener, is_draining_ ? replies::shutting_down() : replies::too_busy());
    return;  // the socket closes
  }
  shard.tasks.spawn("connection", serve(std::move(socket), listener, shard));
}

net::Task<> Server::serve(net::tcp::socket socket, const ListenerOptions& listener, Shard& shard) {
  {
    Connection connection(net::Stream(std::move(socket)), listener, limits_, services_,
                          shard.ids.next(wall_now()).to_string());
    shard.connections.insert(&connection);
    if (is_draining_) connection.drain(drain_deadline_);
    co_await connection.run();
    shard.connections.erase(&connection);
  }
  connections_.fetch_sub(1, std::memory_order_relaxed);
}

net::Task<> Server::begin_drain(Shard& shard, SteadyTime deadline) {
  if (&shard == shards_.front().get()) {
    for (auto& listener : listeners_) listener.stop();
  }
  for (Connection* connection : shard.connections) connection->drain(deadline);
  co_return;
}

net::Task<> Server::finish_drain(Shard& shard) { co_await shard.tasks.join(); }

net::Task<> Server::drain(SteadyTime deadline) {
  drain_deadline_ = deadline;
  is_draining_ = true;
  for (auto& shard : shards_) {
    co_await net::asio::co_spawn(shard->context.get_executor(), begin_drain(*shard, deadline), net::use_task);
  }
  for (auto& shard : shards_) {
    co_await net::asio::co_spawn(shard->context.get_executor(), finish_drain(*shard), net::use_task);
  }
}

}  // namespace sealpost::submission
