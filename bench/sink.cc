// sealpost-sink: the host that mail is delivered to in tests and measurements. It accepts every recipient and message
// as fast as it can, counts, and on request records the X-Sealpost-Id of each message, stores messages byte by byte,
// refuses or defers some, or answers slowly. It checks nothing: never expose it.
#include <atomic>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server_options.h"
#include "shared_counters.h"

namespace {

using namespace sealpost::bench;

struct SinkOptions {
  ServerOptions common;
  std::string record_file;
  std::string store_directory;
  double fail_rate = 0;
  std::uint64_t defer_first = 0;
  std::string refuse_at = "data";
  unsigned slow_milliseconds = 0;
};

/// The value of X-Sealpost-Id in the header of `message`, or "-".
std::string_view sealpost_id(std::string_view message) {
  constexpr std::string_view kField = "\r\nX-Sealpost-Id: ";
  const std::string_view header = message.substr(0, message.find("\r\n\r\n"));
  std::size_t begin = header.find(kField);
  if (header.starts_with(kField.substr(2))) {
    begin = kField.size() - 2;
  } else if (begin == std::string_view::npos) {
    return "-";
  } else {
    begin += kField.size();
  }
  return header.substr(begin, header.find("\r\n", begin) - begin);
}

void write_file(const std::string& name, std::string_view content) {
  const Descriptor file(open(name.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!file || write(file.get(), content.data(), content.size()) != static_cast<ssize_t>(content.size())) {
    die(fmt::format("cannot write {}: {}", name, std::strerror(errno)));
  }
}

class Sink : public Service {
 public:
  Sink(const SinkOptions& options, SharedCounters& counters) : options_(options), counters_(counters) {
    if (!options.record_file.empty()) {
      record_ = Descriptor(open(options.record_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
      if (!record_) die(fmt::format("cannot open {}: {}", options.record_file, std::strerror(errno)));
    }
    if (!options.store_directory.empty()) static_cast<void>(mkdir(options.store_directory.c_str(), 0700));
  }

  void count_connection() override { ++counters_[kConnections]; }

  std::string refuse_recipient() override { return options_.refuse_at == "rcpt" ? refusal() : std::string(); }

  Answer take_message(Token, PermissiveSession& session) override {
    Answer answer{.delay = std::chrono::milliseconds(options_.slow_milliseconds)};
    answer.reply = options_.refuse_at == "data" ? refusal() : std::string();
    if (!answer.reply.empty()) return answer;
    const std::uint64_t number = ++counters_[kMessages];
    counters_[kBodyBytes] += session.body().size();
    counters_[kLastMessageNanoseconds] = monotonic_nanoseconds();
    keep(session, number);
    answer.reply = fmt::format("250 2.0.0 Ok: queued as SINK{:010}", number);
    return answer;
  }

 private:
  /// The reply of a refusal that the options ask for, or nothing. Deterministic: with --fail-rate 0.25 every fourth
  /// fails.
  std::string refusal() {
    const std::uint64_t attempt = ++attempts_;
    if (attempt <= options_.defer_first) return "451 4.3.0 Deferred on request";
    const auto failures_until = [this](std::uint64_t count) {
      return static_cast<std::uint64_t>(static_cast<double>(count) * options_.fail_rate);
    };
    const std::uint64_t after = attempt - options_.defer_first;
    return failures_until(after) > failures_until(after - 1) ? "550 5.1.1 Refused on request" : std::string();
  }

  void keep(PermissiveSession& session, std::uint64_t number) {
    if (record_) {
      // One write per message: O_APPEND keeps the lines of several loops apart.
      const std::string line = fmt::format("{}\n", sealpost_id(session.body()));
      if (write(record_.get(), line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
        die(fmt::format("cannot write the record: {}", std::strerror(errno)));
      }
    }
    if (options_.store_directory.empty()) return;
    const std::string stem = fmt::format("{}/{:08}", options_.store_directory, number);
    write_file(stem + ".envelope", session.envelope());
    write_file(stem + ".eml", session.is_dot_stuffed() ? without_dot_stuffing(session.body()) : session.body());
  }

  const SinkOptions& options_;
  SharedCounters& counters_;
  std::atomic<std::uint64_t> attempts_ = 0;
  Descriptor record_;
};

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("An SMTP server that accepts everything and keeps count.");
  SinkOptions options;
  add_server_options(app, options.common);
  app.add_option("--record", options.record_file, "append the X-Sealpost-Id of each accepted message");
  app.add_option("--store", options.store_directory, "write each message to DIR/N.eml, its envelope to DIR/N.envelope");
  app.add_option("--fail-rate", options.fail_rate, "refuse this fraction with 550")->check(CLI::Range(0.0, 1.0));
  app.add_option("--defer-first", options.defer_first, "answer 451 to the first N");
  app.add_option("--refuse-at", options.refuse_at, "where --fail-rate and --defer-first act: rcpt or data")
      ->check(CLI::IsMember({"rcpt", "data"}));
  app.add_option("--slow", options.slow_milliseconds, "milliseconds before each final reply");
  CLI11_PARSE(app, argc, argv);

  SharedCounters counters(options.common.stats_file);
  Sink sink(options, counters);
  ServerGroup group(options.common.server, sink);
  announce(options.common, group.port());
  group.run_until_signal();
  fmt::print("{{\"messages\":{},\"bytes\":{},\"connections\":{}}}\n", counters[kMessages].load(),
             counters[kBodyBytes].load(), counters[kConnections].load());
  return 0;
}
