// Descriptors and TCP sockets, on the plain system calls. TCP_NODELAY everywhere: a reply group is one write, so
// Nagle's algorithm could only hold it back until a delayed ACK (40 ms). Never blocks.
#include "sockets.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <arpa/inet.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

namespace sealpost::bench {
namespace {

struct Endpoint {
  sockaddr_storage storage{};
  socklen_t length = 0;
  sockaddr* address() { return reinterpret_cast<sockaddr*>(&storage); }
};

Endpoint numeric_endpoint(const std::string& host, std::uint16_t port) {
  Endpoint endpoint;
  sockaddr_in four{};
  sockaddr_in6 six{};
  if (inet_pton(AF_INET, host.c_str(), &four.sin_addr) == 1) {
    four.sin_family = AF_INET;
    four.sin_port = htons(port);
    std::memcpy(&endpoint.storage, &four, sizeof four);
    endpoint.length = sizeof four;
  } else if (inet_pton(AF_INET6, host.c_str(), &six.sin6_addr) == 1) {
    six.sin6_family = AF_INET6;
    six.sin6_port = htons(port);
    std::memcpy(&endpoint.storage, &six, sizeof six);
    endpoint.length = sizeof six;
  } else {
    die(fmt::format("'{}' is not a numeric IPv4 or IPv6 address", host));
  }
  return endpoint;
}

void set_option(int socket, int level, int name) {
  const int one = 1;
  if (setsockopt(socket, level, name, &one, sizeof one) != 0) {
    die(fmt::format("setsockopt failed: {}", std::strerror(errno)));
  }
}

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    reset();
    number_ = std::exchange(other.number_, -1);
  }
  return *this;
}

void Descriptor::reset() {
  if (number_ >= 0) close(std::exchange(number_, -1));
}

Descriptor listen_on(const std::string& host, std::uint16_t port) {
  Endpoint endpoint = numeric_endpoint(host, port);
  Descriptor listener(socket(endpoint.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!listener) die(fmt::format("cannot make a socket: {}", std::strerror(errno)));
  set_option(listener.get(), SOL_SOCKET, SO_REUSEADDR);
  if (bind(listener.get(), endpoint.address(), endpoint.length) != 0 || listen(listener.get(), 4096) != 0) {
    die(fmt::format("cannot listen on {} port {}: {}", host, port, std::strerror(errno)));
  }
  return listener;
}

std::uint16_t local_port(int listener) {
  Endpoint endpoint;
  endpoint.length = sizeof endpoint.storage;
  if (getsockname(listener, endpoint.address(), &endpoint.length) != 0) return 0;
  // Both families keep the port in the same place.
  sockaddr_in four{};
  std::memcpy(&four, &endpoint.storage, sizeof four);
  return ntohs(four.sin_port);
}

Descriptor begin_connect(const std::string& host, std::uint16_t port) {
  Endpoint endpoint = numeric_endpoint(host, port);
  Descriptor connection(socket(endpoint.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!connection) return {};
  set_option(connection.get(), IPPROTO_TCP, TCP_NODELAY);
  if (connect(connection.get(), endpoint.address(), endpoint.length) != 0 && errno != EINPROGRESS) {
    const int reason = errno;
    connection.reset();
    errno = reason;
  }
  return connection;
}

int connect_outcome(int socket) {
  int outcome = 0;
  socklen_t length = sizeof outcome;
  return getsockopt(socket, SOL_SOCKET, SO_ERROR, &outcome, &length) == 0 ? outcome : errno;
}

Descriptor accept_from(int listener) {
  Descriptor connection(accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (connection) {
    const int one = 1;
    // A peer that has already reset the connection makes this fail; the first read will say so.
    static_cast<void>(setsockopt(connection.get(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one));
  }
  return connection;
}

std::uint64_t raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  limit.rlim_cur = limit.rlim_max;
  return setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 0;
}

void die(const std::string& sentence) {
  fmt::print(stderr, "{}\n", sentence);
  std::exit(1);
}

}  // namespace sealpost::bench
