// The control socket of a running server: `<data_directory>/control.sock`, mode 0600, so only the server's own user and
// root may ask. One request per connection; see control_message.h for the frames and queue_control.h for the verbs.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "daemon/control_message.h"
#include "net/task.h"
#include "net/task_group.h"

namespace sealpost::daemon {

/// What the handler of a request answers with: rows while it finds them. False when the client has gone.
using SendRow = std::function<net::Task<bool>(std::string document)>;
/// Answers one request. An Error becomes the failed frame.
using ControlHandler = std::function<net::Task<Result<void>>(std::vector<std::string> request, SendRow send_row)>;

std::string control_socket_path(const std::string& data_directory);

class ControlServer {
 public:
  /// Binds the socket; a stale one of a dead server is replaced. Fault::kConfiguration when a live server holds it or
  /// the path is too long.
  static Result<std::unique_ptr<ControlServer>> bind(net::asio::io_context& context, const std::string& path,
                                                     ControlHandler handler);
  ~ControlServer();
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;

  void start();
  /// Stops accepting and waits for the running requests.
  net::Task<> stop();

 private:
  struct State;
  explicit ControlServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// The client's side, blocking: sends one request, calls `on_row` for each document. Fault::kNotFound when no server
/// listens there.
Result<void> control_request(const std::string& path, const std::vector<std::string>& request,
                             const std::function<void(std::string_view document)>& on_row);

}  // namespace sealpost::daemon
