// The shared options, on CLI11. Defaults keep the servers on loopback: they accept everything.
#include "server_options.h"

#include <cstdio>
#include <map>

#include <fmt/core.h>

namespace sealpost::bench {

void add_tls_option(CLI::App& app, TlsMode& mode) {
  static const std::map<std::string, TlsMode> kModes{
      {"implicit", TlsMode::kImplicit}, {"starttls", TlsMode::kStartTls}, {"none", TlsMode::kNone}};
  app.add_option("--tls", mode, "implicit, starttls or none")->transform(CLI::CheckedTransformer(kModes));
}

void add_server_options(CLI::App& app, ServerOptions& options) {
  app.add_option("--host", options.server.host, "numeric address to listen on")->capture_default_str();
  app.add_option("--port", options.server.port, "port; 0 takes a free one and prints it")->capture_default_str();
  add_tls_option(app, options.server.tls);
  app.add_option("--certificate", options.server.certificate_file, "PEM chain; without it a throwaway one is made");
  app.add_option("--key", options.server.key_file, "PEM private key");
  app.add_option("--threads", options.server.threads, "event loops")->check(CLI::Range(1U, 64U))->capture_default_str();
  app.add_option("--stats", options.stats_file,
                 "file of native 64-bit counters: messages, bytes, connections, monotonic ns of the last message");
}

void announce(const ServerOptions& options, std::uint16_t port) {
  fmt::print("listening on {} port {}\n", options.server.host, port);
  std::fflush(stdout);
}

}  // namespace sealpost::bench
