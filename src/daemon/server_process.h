// ServerProcess: the composition root of `sealpost serve`. Builds every service from the configuration, runs them until
// SIGTERM or SIGINT, and takes them down in the order that loses nothing: listeners, sessions, deliveries, spool.
#pragma once
#include <memory>

#include "base/result.h"
#include "config/configuration.h"

namespace sealpost::daemon {

class ServerProcess {
 public:
  /// Loads certificates, opens the spool, recovers the queue, binds the listeners. The Error is one line for the
  /// operator.
  static Result<std::unique_ptr<ServerProcess>> make(config::Configuration configuration);
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  /// Serves until a signal says stop. A second signal during the grace period ends it at once.
  void run();

 private:
  struct State;
  explicit ServerProcess(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace sealpost::daemon
