// sealpost-load: submits messages to a submission server as fast as it answers, over TLS, and reports messages per
// second, latencies and errors; or holds idle connections; or keeps a ledger of every message whose 250 arrived. It
// does not verify certificates: it is for servers on the same machine.
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include <CLI/CLI.hpp>
#include <fcntl.h>
#include <fmt/core.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "load_report.h"
#include "load_worker.h"
#include "server_options.h"

namespace {

using namespace sealpost::bench;

std::atomic<bool>* must_stop_on_signal = nullptr;

void stop_on_signal(int) { must_stop_on_signal->store(true); }

void add_switch(CLI::App& app, const std::string& name, bool& value, const std::string& description) {
  app.add_option(name, value, description + ": on or off")
      ->transform(CLI::Transformer(std::map<std::string, std::string>{{"on", "true"}, {"off", "false"}}));
}

void add_duration(CLI::App& app, const std::string& name, std::chrono::duration<double>& value,
                  const std::string& description) {
  app.add_option_function<double>(
         name, [&value](const double& seconds) { value = std::chrono::duration<double>(seconds); }, description)
      ->check(CLI::NonNegativeNumber);
}

void add_options(CLI::App& app, LoadSettings& settings) {
  app.add_option("--host", settings.host, "numeric address of the server")->capture_default_str();
  app.add_option("--port", settings.port, "its port")->capture_default_str();
  add_tls_option(app, settings.tls);
  app.add_option("--user", settings.user, "log in with AUTH PLAIN as this user; without it there is no AUTH");
  app.add_option("--password", settings.password, "and this password");
  app.add_option("--connections", settings.connections, "connections at the same time")->check(CLI::Range(1U, 60'000U));
  app.add_option("--connections-total", settings.connections_total,
                 "sessions in all (default: until --seconds is over)");
  app.add_option("--messages", settings.messages, "messages per connection; 1 is a whole session for each message")
      ->check(CLI::PositiveNumber);
  app.add_option("--size", settings.size_bytes, "octets of a message, header included")->capture_default_str();
  add_duration(app, "--seconds", settings.window, "length of the measured window");
  add_duration(app, "--warm-up", settings.warm_up, "seconds before it that do not count");
  add_duration(app, "--timeout", settings.timeout, "seconds without an answer before a connection is given up (60)");
  add_switch(app, "--pipelining", settings.is_pipelining, "send MAIL, RCPT and DATA as one group");
  app.add_flag("--bdat", settings.uses_bdat, "send bodies with BDAT instead of DATA");
  add_switch(app, "--resume", settings.resumes, "resume TLS sessions");
  app.add_flag("--reconnect", settings.reconnects, "open broken connections again instead of giving them up");
  app.add_option("--from", settings.from, "sender; {n} is the message's number in its session, {c} the session's");
  app.add_option("--to", settings.to, "recipient, likewise");
  app.add_option("--ledger", settings.ledger_file, "append 'ID QUEUE-ID' for every message whose 250 arrived");
  app.add_option("--run-id", settings.run_id,
                 "the ids of this run begin with this number, in hexadecimal; a random one unless given");
  app.add_flag("--json", settings.prints_json, "print one JSON object");
  app.add_option("--threads", settings.threads, "threads of the client")->check(CLI::Range(1U, 64U));
  app.add_option("--idle", settings.idle, "open this many logged-in connections and send nothing");
  add_duration(app, "--hold", settings.hold, "seconds to hold them once they are up (10)");
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

void prepare(const LoadSettings& settings, LoadRun& run) {
  const auto ticks = [](std::chrono::duration<double> duration) {
    return std::chrono::duration_cast<SteadyTime::duration>(duration);
  };
  run.sessions_max = settings.connections_total;
  if (run.sessions_max == 0) run.sessions_max = settings.has_window() ? UINT64_MAX : settings.connections;
  if (settings.idle > 0) run.sessions_max = settings.idle;
  if (!settings.ledger_file.empty()) {
    run.ledger = open(settings.ledger_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (run.ledger < 0) die(fmt::format("cannot open {}: {}", settings.ledger_file, std::strerror(errno)));
  }
  run.started = std::chrono::steady_clock::now();
  run.measured_from = run.started + ticks(settings.warm_up);
  run.measured_to = settings.has_window() && settings.idle == 0 ? run.measured_from + ticks(settings.window)
                                                                : SteadyTime::max() - std::chrono::hours(1);
}

/// Runs the workers to their end; every second one line on a terminal.
void run_workers(const LoadSettings& settings, LoadRun& run, std::vector<std::unique_ptr<LoadWorker>>& workers) {
  std::mutex mutex;
  std::condition_variable finished;
  std::size_t running = workers.size();
  std::vector<std::thread> threads;
  for (auto& worker : workers) {
    threads.emplace_back([&mutex, &finished, &running, &worker] {
      worker->run();
      const std::lock_guard lock(mutex);
      --running;
      finished.notify_one();
    });
  }
  const bool is_terminal = isatty(STDERR_FILENO) == 1;
  bool is_idle_announced = settings.idle == 0;
  std::uint64_t before = 0;
  SteadyTime next_line = run.started + std::chrono::seconds(1);
  std::unique_lock lock(mutex);
  while (!finished.wait_for(lock, std::chrono::milliseconds(50), [&running] { return running == 0; })) {
    if (!is_idle_announced && run.idle_ready + run.errors_so_far >= settings.idle) {
      is_idle_announced = true;
      fmt::print("{} idle connections up, {} failed\n", run.idle_ready.load(), run.errors_so_far.load());
      std::fflush(stdout);
    }
    if (std::chrono::steady_clock::now() < next_line) continue;
    next_line += std::chrono::seconds(1);
    const std::uint64_t now = run.accepted_so_far;
    if (is_terminal) {
      fmt::print(stderr, "\r{} accepted, {}/s, {} errors, {} idle \x1b[K", now, now - before, run.errors_so_far.load(),
                 run.idle_ready.load());
    }
    before = now;
  }
  if (is_terminal) fmt::print(stderr, "\r\x1b[K");
  lock.unlock();
  for (std::thread& thread : threads) thread.join();
}

LoadResult run_load(const LoadSettings& settings, LoadRun& run) {
  prepare(settings, run);
  const std::uint64_t run_id =
      settings.run_id != 0 ? settings.run_id : (std::uint64_t{std::random_device{}()} << 32) | std::random_device{}();
  const std::uint32_t slots = settings.idle > 0 ? settings.idle : settings.connections;
  std::vector<std::unique_ptr<LoadWorker>> workers;
  for (unsigned i = 0; i < settings.threads; ++i) {
    const std::uint32_t share = (slots / settings.threads) + (i < slots % settings.threads ? 1 : 0);
    workers.push_back(std::make_unique<LoadWorker>(settings, run, run_id, share));
  }
  LoadResult result;
  result.started_ns = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(run.started.time_since_epoch()).count());
  run_workers(settings, run, workers);
  for (const auto& worker : workers) result.tally.merge(worker->tally());
  // A run that used up its sessions ends with its last 250, not with its window.
  const SteadyTime end =
      settings.connections_total == 0 && settings.has_window() ? run.measured_to : result.tally.last_accepted;
  result.seconds = std::chrono::duration<double>(std::min(end, run.measured_to) - run.measured_from).count();
  result.client_cpu_seconds = cpu_seconds();
  return result;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Submits messages as fast as the server answers, and measures.");
  LoadSettings settings;
  add_options(app, settings);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  raise_descriptor_limit();
  LoadRun run;
  must_stop_on_signal = &run.must_stop;
  struct sigaction action{};
  action.sa_handler = stop_on_signal;
  sigaction(SIGTERM, &action, nullptr);
  sigaction(SIGINT, &action, nullptr);
  const LoadResult result = run_load(settings, run);
  fmt::print("{}", settings.prints_json ? report_as_json(settings, result) : report_for_people(settings, result));
  const bool has_succeeded = settings.idle > 0 ? result.tally.idle_ready == settings.idle && result.tally.idle_lost == 0
                                               : result.tally.accepted_all > 0;
  return has_succeeded && (result.tally.errors.empty() || settings.reconnects) ? 0 : 1;
}
