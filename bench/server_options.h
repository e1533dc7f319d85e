// The options that the ceiling and the sink share, and how they announce themselves.
#pragma once
#include <CLI/CLI.hpp>

#include "server_loop.h"

namespace sealpost::bench {

struct ServerOptions {
  ServerSettings server;
  std::string stats_file;
};

/// --host, --port, --tls, --certificate, --key, --threads, --stats.
void add_server_options(CLI::App& app, ServerOptions& options);
void add_tls_option(CLI::App& app, TlsMode& mode);
/// One line on stdout, flushed: "listening on HOST port PORT"; a caller that passed port 0 reads it.
void announce(const ServerOptions& options, std::uint16_t port);

}  // namespace sealpost::bench
