// Stream: outgoing connections. Addresses are tried one after the other in the resolver's order (RFC 6724), each with
// its share of the time.
#include <algorithm>
#include <vector>

#include <boost/algorithm/string/predicate.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <fmt/format.h>
#include <sys/un.h>

#include "net/await_callback.h"
#include "net/sleep.h"
#include "net/stream_state.h"

namespace sealpost::net {

namespace {

using Endpoints = std::vector<tcp::endpoint>;

/// A host with more addresses than this is not tried to the end.
constexpr std::size_t kAddressesMax = 8;

/// The name lookup, and the timer that ends the wait for it; whoever is first answers. getaddrinfo(3) itself cannot be
/// interrupted: it runs on in Asio's resolver thread and its late answer falls.
struct Lookup {
  explicit Lookup(asio::io_context& context) : resolver(context), timer(context) {}
  tcp::resolver resolver;
  asio::steady_timer timer;
};

struct BeginLookup {
  std::shared_ptr<Lookup> lookup;  // shared by its own two handlers
  std::string host;
  std::uint16_t port;
  SteadyTime deadline;

  void operator()(Completion<Result<Endpoints>> done) const {
    lookup->resolver.async_resolve(
        host, std::to_string(port), tcp::resolver::numeric_service,
        [keep = lookup, done, name = host](error_code error, const tcp::resolver::results_type& results) {
          keep->timer.cancel();
          if (error) {
            done(fail(Fault::kNetwork, fmt::format("cannot find the address of {}: {}", name, error.message())));
            return;
          }
          Endpoints endpoints;
          for (const auto& entry : results) {
            if (endpoints.size() < kAddressesMax) endpoints.push_back(entry.endpoint());
          }
          done(std::move(endpoints));
        });
    lookup->timer.expires_at(deadline);
    lookup->timer.async_wait([keep = lookup, done, name = host](error_code error) {
      if (!error) done(fail(Fault::kTimeout, fmt::format("timed out looking for the address of {}", name)));
    });
  }
};

Task<Result<Endpoints>> resolve(asio::io_context* context, std::string host, std::uint16_t port, SteadyTime deadline) {
  error_code error;
  const std::string literal =
      host.size() > 2 && host.front() == '[' && host.back() == ']' ? host.substr(1, host.size() - 2) : host;
  const asio::ip::address address = asio::ip::make_address(literal, error);
  if (!error) co_return Endpoints{tcp::endpoint(address, port)};
  // RFC 6761 §6.3: this name is the loopback address by itself, also where no hosts file says so.
  if (boost::algorithm::iequals(host, "localhost"))
    co_return Endpoints{{asio::ip::address_v4::loopback(), port}, {asio::ip::address_v6::loopback(), port}};
  BeginLookup begin{std::make_shared<Lookup>(*context), std::move(host), port, deadline};
  co_return co_await await_callback<Result<Endpoints>>(std::move(begin));
}

Task<error_code> connect_socket(Socket* socket, asio::generic::stream_protocol::endpoint endpoint,
                                SteadyTime deadline) {
  error_code error;
  bool is_expired = false;
  {
    const DeadlineKeeper::Wait watched(
        DeadlineKeeper::of(socket->get_executor().context()), deadline,
        [](void* object) noexcept {
          error_code ignored;
          static_cast<Socket*>(object)->cancel(ignored);
        },
        socket);
    co_await socket->async_connect(endpoint, asio::redirect_error(use_task, error));
    is_expired = watched.is_expired();
  }
  if (is_expired) error = asio::error::timed_out;
  co_return error;
}

std::string text_of(const tcp::endpoint& endpoint) {
  const std::string ip = endpoint.address().to_string();
  return endpoint.address().is_v6() ? fmt::format("[{}]:{}", ip, endpoint.port())
                                    : fmt::format("{}:{}", ip, endpoint.port());
}

}  // namespace

Task<Result<Stream>> Stream::connect(std::string host, std::uint16_t port, SteadyTime deadline) {
  const auto executor = co_await asio::this_coro::executor;
  asio::io_context& context = executor.context();
  auto endpoints = co_await resolve(&context, host, port, deadline);
  if (!endpoints) co_return std::unexpected(std::move(endpoints.error()));
  Error failure{Fault::kNetwork, fmt::format("{} has no address", host)};
  for (std::size_t i = 0; i < endpoints->size(); ++i) {
    const tcp::endpoint& endpoint = (*endpoints)[i];
    const SteadyTime now = steady_now();
    const auto left = static_cast<SteadyTime::duration::rep>(endpoints->size() - i);
    const SteadyTime share = deadline == SteadyTime::max() ? deadline : now + (deadline - now) / left;
    Socket socket(context);
    const error_code error =
        deadline <= now ? error_code(asio::error::timed_out) : co_await connect_socket(&socket, endpoint, share);
    if (!error) {
      auto state = std::make_unique<State>(std::move(socket));
      state->deadline = deadline;
      co_return Stream(std::move(state));
    }
    failure = {fault_of_socket_error(error.value()),
               fmt::format("cannot connect to {} ({}): {}", host, text_of(endpoint), error.message())};
  }
  co_return std::unexpected(std::move(failure));
}

Task<Result<Stream>> Stream::connect_unix(std::string path, SteadyTime deadline) {
  const auto executor = co_await asio::this_coro::executor;
  if (path.empty() || path.size() >= sizeof(sockaddr_un::sun_path)) {
    co_return fail(Fault::kConfiguration, fmt::format("the socket path {} is empty or longer than {} octets", path,
                                                      sizeof(sockaddr_un::sun_path) - 1));
  }
  Socket socket(executor.context());
  const asio::local::stream_protocol::endpoint endpoint(path);
  const error_code error = co_await connect_socket(&socket, endpoint, deadline);
  if (error)
    co_return fail(fault_of_socket_error(error.value()),
                   fmt::format("cannot connect to the socket {}: {}", path, error.message()));
  auto state = std::make_unique<State>(std::move(socket));
  state->deadline = deadline;
  co_return Stream(std::move(state));
}

}  // namespace sealpost::net
