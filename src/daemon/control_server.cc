// The control socket: accept, one request, rows, end. A client that does not read or write within the deadline is
// dropped.
#include "daemon/control_server.h"

#include <array>

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "observe/events.h"
#include "observe/log.h"

namespace sealpost::daemon {

namespace {

using Local = net::asio::local::stream_protocol;
constexpr std::chrono::seconds kDeadline{30};  // for one whole request: listing a million messages takes about ten
constexpr std::size_t kClientsMax = 16;

/// One client's connection with a deadline for everything on it.
class Conversation {
 public:
  Conversation(net::asio::io_context& context, Local::socket socket)
      : socket_(std::move(socket)), deadline_(context, kDeadline) {
    deadline_.async_wait([this](net::error_code error) {
      if (!error) ignore_error([this](net::error_code& e) { socket_.cancel(e); });
    });
  }

  net::Task<std::optional<ControlMessage>> receive() {
    ControlDecoder decoder;
    for (;;) {
      auto message = decoder.next();
      if (!message) co_return std::nullopt;
      if (*message) co_return std::move(*message);
      std::array<char, 4096> buffer;
      net::error_code error;
      const std::size_t size =
          co_await socket_.async_read_some(net::asio::buffer(buffer), net::asio::redirect_error(net::use_task, error));
      if (error) co_return std::nullopt;
      decoder.feed({buffer.data(), size});
    }
  }

  net::Task<bool> send(ControlMessage message) {
    const std::string frame = encode(message);
    net::error_code error;
    co_await net::asio::async_write(socket_, net::asio::buffer(frame), net::asio::redirect_error(net::use_task, error));
    co_return !error;
  }

 private:
  template <class Operation>
  static void ignore_error(Operation operation) {
    net::error_code error;
    operation(error);
  }
  Local::socket socket_;
  net::asio::steady_timer deadline_;
};

bool somebody_answers(const std::string& path) {
  return control_request(path, {"ping"}, [](std::string_view) {}).has_value();
}

}  // namespace

std::string control_socket_path(const std::string& data_directory) { return data_directory + "/control.sock"; }

struct ControlServer::State {
  State(net::asio::io_context& io, std::string socket_path, ControlHandler answer)
      : context(io), path(std::move(socket_path)), handler(std::move(answer)), acceptor(io), tasks(io) {}

  net::Task<> accept_all();
  net::Task<> serve(Local::socket socket);

  net::asio::io_context& context;
  const std::string path;
  const ControlHandler handler;
  Local::acceptor acceptor;
  net::TaskGroup tasks;
};

net::Task<> ControlServer::State::accept_all() {
  while (acceptor.is_open()) {
    net::error_code error;
    Local::socket socket = co_await acceptor.async_accept(net::asio::redirect_error(net::use_task, error));
    if (error) {
      if (!acceptor.is_open()) co_return;
      net::asio::steady_timer pause(context, std::chrono::seconds(1));  // out of descriptors: never spin
      co_await pause.async_wait(net::use_task);
      continue;
    }
    if (tasks.size() > kClientsMax) continue;
    tasks.spawn("control", serve(std::move(socket)));
  }
}

net::Task<> ControlServer::State::serve(Local::socket socket) {
  Conversation conversation(context, std::move(socket));
  auto request = co_await conversation.receive();
  if (!request || request->kind != ControlMessage::Kind::kRequest || request->fields.empty()) co_return;
  SendRow send_row = [&conversation](std::string document) -> net::Task<bool> {
    return conversation.send({ControlMessage::Kind::kRow, {std::move(document)}});
  };
  auto answered = co_await handler(std::move(request->fields), send_row);
  ControlMessage end{ControlMessage::Kind::kDone, {}};
  if (!answered) end = {ControlMessage::Kind::kFailed, {answered.error().text}};
  co_await conversation.send(std::move(end));
}

ControlServer::ControlServer(std::unique_ptr<State> state) : state_(std::move(state)) {}
ControlServer::~ControlServer() {
  if (state_) ::unlink(state_->path.c_str());
}

Result<std::unique_ptr<ControlServer>> ControlServer::bind(net::asio::io_context& context, const std::string& path,
                                                           ControlHandler handler) {
  if (path.size() >= sizeof(sockaddr_un::sun_path))
    return fail(Fault::kConfiguration, fmt::format("{}: too long for a socket; choose a shorter data_directory", path));
  if (::access(path.c_str(), F_OK) == 0) {
    if (somebody_answers(path))
      return fail(Fault::kConfiguration, fmt::format("{}: another server is running on this data directory", path));
    ::unlink(path.c_str());
  }
  auto state = std::make_unique<State>(context, path, std::move(handler));
  net::error_code error;
  state->acceptor.open(Local(), error);
  if (!error) {
    // Nobody else may connect, not even in the moment between bind and chmod.
    const mode_t before = ::umask(0177);
    state->acceptor.bind(Local::endpoint(path), error);
    ::umask(before);
  }
  if (!error) state->acceptor.listen(16, error);
  if (error) return fail(Fault::kConfiguration, fmt::format("{}: {}", path, error.message()));
  return std::unique_ptr<ControlServer>(new ControlServer(std::move(state)));
}

void ControlServer::start() { state_->tasks.spawn("control_accept", state_->accept_all()); }

net::Task<> ControlServer::stop() {
  net::error_code error;
  state_->acceptor.close(error);
  co_await state_->tasks.join();
}

}  // namespace sealpost::daemon
