// The client's side of the control socket: plain blocking calls, because a command-line tool has nothing else to do.
#include <array>
#include <cstring>

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "daemon/control_server.h"

namespace sealpost::daemon {

namespace {

constexpr timeval kPatience{40, 0};  // longer than the server's own deadline, so that its answer wins

Result<void> send_all(int fd, std::string_view octets) {
  while (!octets.empty()) {
    const ssize_t size = ::send(fd, octets.data(), octets.size(), MSG_NOSIGNAL);
    if (size < 0) return fail_errno("the control socket");
    octets.remove_prefix(static_cast<std::size_t>(size));
  }
  return {};
}

}  // namespace

Result<void> control_request(const std::string& path, const std::vector<std::string>& request,
                             const std::function<void(std::string_view document)>& on_row) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path))
    return fail(Fault::kConfiguration, fmt::format("{}: too long for a socket", path));
  std::memcpy(address.sun_path, path.data(), path.size());

  const Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (socket.get() < 0) return fail_errno("socket");
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof(kPatience));
  ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof(kPatience));
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    const int error = errno;
    if (error == ENOENT || error == ECONNREFUSED) return fail(Fault::kNotFound, "no server is running");
    return fail_errno(path, error);
  }
  if (auto sent = send_all(socket.get(), encode({ControlMessage::Kind::kRequest, request})); !sent) return sent;

  ControlDecoder decoder;
  std::array<char, 65536> buffer;
  for (;;) {
    auto message = decoder.next();
    if (!message) return std::unexpected(std::move(message.error()));
    if (*message) {
      if ((*message)->kind == ControlMessage::Kind::kDone) return {};
      if ((*message)->kind == ControlMessage::Kind::kFailed)
        return fail(Fault::kPeer, (*message)->fields.empty() ? "the server refused" : (*message)->fields.front());
      if ((*message)->kind == ControlMessage::Kind::kRow && !(*message)->fields.empty())
        on_row((*message)->fields.front());
      continue;
    }
    const ssize_t size = ::recv(socket.get(), buffer.data(), buffer.size(), 0);
    if (size < 0) return fail_errno("the control socket");
    if (size == 0) return fail(Fault::kPeer, "the server closed the control connection before it had answered");
    decoder.feed({buffer.data(), static_cast<std::size_t>(size)});
  }
}

}  // namespace sealpost::daemon
