// The composition root: what is built in which order, and taken down in which.
#include "daemon/server_process.h"

#include <csignal>
#include <cstdlib>
#include <deque>
#include <thread>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <fmt/format.h>

#include "daemon/composition.h"
#include "daemon/control_server.h"
#include "daemon/descriptor_limit.h"
#include "daemon/queue_control.h"
#include "identity/sqlite_verifier.h"
#include "net/io_threads.h"
#include "net/task_group.h"
#include "observe/events.h"
#include "observe/log.h"
#include "submission/server.h"

namespace sealpost::daemon {

namespace events = observe::events;
using observe::Level;

namespace {

/// After a failed sync nobody knows what the disk holds: the process ends, and the next start recovers from the log
/// (design rule R17).
[[noreturn]] void die(const Error& error) {
  observe::log(Level::kError, events::kSpoolFailed, {{"reason", error.text}});
  observe::stop_log();
  std::_Exit(EXIT_FAILURE);
}

std::size_t network_threads(const config::Configuration& configuration) {
  if (configuration.threads.network != 0) return configuration.threads.network;
  return std::max(1U, std::thread::hardware_concurrency());
}

}  // namespace

struct ServerProcess::State {
  explicit State(config::Configuration from) : configuration(std::move(from)), signals(context) {}

  Result<void> load_certificate();
  Result<void> open_queue();
  Result<void> open_services();
  Result<void> bind();
  net::Task<> live();
  net::Task<> stop();
  net::Task<> abort_on_second_signal();

  const config::Configuration configuration;
  const SteadyTime began = steady_now();
  // Destroyed from the bottom up: sessions before the queue, the queue before the spool.
  net::asio::io_context context{1};  // signals and the control socket; run by the main thread
  net::TaskGroup tasks{context};
  net::asio::signal_set signals;
  std::optional<net::ServerTlsContext> tls;
  std::unique_ptr<spool::Spool> spool;
  std::unique_ptr<identity::Verifier> verifier;
  std::optional<net::IoThreads> relay_thread;
  std::optional<queue::Queue> queue;
  std::optional<net::IoThreads> threads;
  std::unique_ptr<submission::Server> server;
  std::unique_ptr<ControlServer> control;
};

Result<void> ServerProcess::State::load_certificate() {
  if (configuration.tls.certificate.empty()) return {};  // config/ has refused that for services which need TLS
  auto loaded = net::ServerTlsContext::load({.certificate_file = configuration.tls.certificate,
                                             .private_key_file = configuration.tls.private_key,
                                             .listener_name = configuration.hostname});
  if (!loaded) {
    const auto line = configuration.line_of(
        "tls", 0, loaded.error().text.starts_with(configuration.tls.private_key) ? "private_key" : "certificate");
    return std::unexpected(std::move(loaded.error()).in(fmt::format("{}:{}", configuration.file, line.value_or(0))));
  }
  for (const auto& warning : loaded->warnings(wall_now(), configuration.hostname))
    observe::log(Level::kWarning, events::kWarning, {{"reason", warning}});
  tls.emplace(std::move(*loaded));
  return {};
}

Result<void> ServerProcess::State::open_queue() {
  auto opened = spool::open_rocksdb_spool(spool_options(configuration));
  if (!opened) return std::unexpected(std::move(opened.error()));
  spool = std::move(*opened);
  relay_thread.emplace(1, "relay");
  auto table = delivery::RouteTable::make(routes(configuration), configuration.hostname);
  if (!table) return std::unexpected(std::move(table.error()).in(configuration.file));
  auto options = queue_options(configuration);
  options.on_fatal = die;
  queue.emplace(relay_thread->context(0), *spool, std::move(*table), std::move(options));
  const auto recovered = queue->recover(
      [](std::uint64_t messages) { observe::log(Level::kInfo, events::kRecovering, {{"messages", messages}}); });
  if (!recovered) return std::unexpected(recovered.error());
  if (recovered->messages > 0 || recovered->damaged > 0)
    observe::log(Level::kInfo, events::kRecovered,
                 {{"messages", recovered->messages}, {"damaged", recovered->damaged}});
  return {};
}

Result<void> ServerProcess::State::open_services() {
  auto users = identity::SqliteVerifier::open(
      {.database_file = configuration.users.database, .hash_threads = configuration.threads.password_hashing});
  if (!users) return std::unexpected(std::move(users.error()));
  verifier = std::move(*users);
  auto bound = ControlServer::bind(context, control_socket_path(configuration.data_directory),
                                   [this](std::vector<std::string> request, SendRow send_row) {
                                     return answer_queue_request(*queue, std::move(request), std::move(send_row));
                                   });
  if (!bound) return std::unexpected(std::move(bound.error()));
  control = std::move(*bound);
  return {};
}

Result<void> ServerProcess::State::bind() {
  threads.emplace(network_threads(configuration), "network");
  std::vector<submission::ListenerOptions> listeners;
  for (const auto& listener : configuration.listeners)
    listeners.push_back(listener_options(configuration, listener, tls ? &*tls : nullptr));
  auto bound = submission::Server::bind(std::move(listeners), limits(configuration), {*verifier, *queue}, *threads);
  if (!bound) return std::unexpected(std::move(bound.error()));
  server = std::move(*bound);
  return {};
}

net::Task<> ServerProcess::State::abort_on_second_signal() {
  net::error_code error;
  co_await signals.async_wait(net::asio::redirect_error(net::use_task, error));
  if (error) co_return;
  observe::stop_log();
  std::_Exit(EXIT_FAILURE);  // nothing acknowledged is lost: the spool recovers from its log
}

net::Task<> ServerProcess::State::live() {
  net::error_code error;
  for (;;) {
    const int number = co_await signals.async_wait(net::asio::redirect_error(net::use_task, error));
    if (error || number != SIGHUP) break;
    observe::log(Level::kWarning, events::kWarning, {{"reason", "SIGHUP: changes take effect at the next start"}});
  }
  co_await stop();
}

net::Task<> ServerProcess::State::stop() {
  const SteadyTime stopping = steady_now();
  observe::log(Level::kInfo, events::kStopping, {{"sessions", server->connections()}});
  tasks.spawn("second_signal", abort_on_second_signal());
  co_await server->drain(stopping + configuration.limits.drain_timeout);
  co_await control->stop();
  auto shut_down = queue->shut_down(delivery_deadline(configuration, stopping, steady_now()));
  co_await net::asio::co_spawn(relay_thread->context(0).get_executor(), std::move(shut_down), net::use_task);
  threads->stop();
  relay_thread->stop();
  const double seconds = std::chrono::duration<double>(steady_now() - stopping).count();
  observe::log(Level::kInfo, events::kStopped, {{"seconds", seconds}});
  net::error_code ignored;
  signals.cancel(ignored);
}

ServerProcess::ServerProcess(std::unique_ptr<State> state) : state_(std::move(state)) {}
ServerProcess::~ServerProcess() = default;

Result<std::unique_ptr<ServerProcess>> ServerProcess::make(config::Configuration configuration) {
  auto state = std::make_unique<State>(std::move(configuration));
  observe::log(Level::kInfo, events::kStarting,
               {{"version", SEALPOST_VERSION}, {"configuration", state->configuration.file}});
  if (const auto problem = raise_descriptor_limit(state->configuration.limits.connections_max))
    observe::log(Level::kWarning, events::kWarning, {{"reason", *problem}});
  for (const auto step : {&State::load_certificate, &State::open_queue, &State::open_services, &State::bind}) {
    if (auto done = (*state.*step)(); !done) return std::unexpected(std::move(done.error()));
  }
  return std::unique_ptr<ServerProcess>(new ServerProcess(std::move(state)));
}

void ServerProcess::run() {
  State& state = *state_;
  state.signals.add(SIGTERM);
  state.signals.add(SIGINT);
  state.signals.add(SIGHUP);
  state.relay_thread->start();
  state.threads->start();
  state.control->start();
  state.server->start();
  const double seconds = std::chrono::duration<double>(steady_now() - state.began).count();
  observe::log(Level::kInfo, events::kStarted, {{"seconds", seconds}});
  state.tasks.spawn("live", state.live());
  state.context.run();
}

}  // namespace sealpost::daemon
