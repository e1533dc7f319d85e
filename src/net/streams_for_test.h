// Pairs of connected streams on loopback, and TLS contexts that fit each other. Tests only.
#pragma once
#include <optional>
#include <utility>

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <gtest/gtest.h>

#include "net/certificates_for_test.h"
#include "net/stream.h"
#include "net/task_group.h"

namespace sealpost::net {

/// A server certificate from an authority of its own, and contexts for both sides.
class TlsWorld {
 public:
  explicit TlsWorld(const CertificateSpec& spec = {}, const std::string& listener_name = "listener") {
    authority_key = make_ec_key();
    authority = make_certificate({.common_name = "Test Authority", .alternatives = "", .is_authority = true},
                                 authority_key.get(), nullptr, nullptr);
    key = make_ec_key();
    const X509Ptr leaf = make_certificate(spec, key.get(), authority.get(), authority_key.get());
    ca_file = directory.write("ca.pem", pem_of(authority.get()));
    certificate_file = directory.write("cert.pem", pem_of(leaf.get()));
    key_file = directory.write("key.pem", pem_of(key.get()));
    server.emplace(load_server(listener_name));
    client.emplace(make_client({.ca_file = ca_file}));
  }

  ServerTlsContext load_server(const std::string& listener_name) const {
    auto loaded = ServerTlsContext::load(
        {.certificate_file = certificate_file, .private_key_file = key_file, .listener_name = listener_name});
    EXPECT_TRUE(loaded) << loaded.error().text;
    return std::move(*loaded);
  }
  static ClientTlsContext make_client(const ClientTlsOptions& options) {
    auto made = ClientTlsContext::make(options);
    EXPECT_TRUE(made) << made.error().text;
    return std::move(*made);
  }

  TemporaryDirectory directory;
  KeyPtr authority_key;
  X509Ptr authority;
  KeyPtr key;
  std::string ca_file;
  std::string certificate_file;
  std::string key_file;
  std::optional<ServerTlsContext> server;
  std::optional<ClientTlsContext> client;
};

/// Two ends of one TCP connection, on one io_context.
struct StreamPair {
  explicit StreamPair(asio::io_context& context)
      : StreamPair(context, tcp::acceptor(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0))) {}
  /// Through a given acceptor, where the server's port matters.
  StreamPair(asio::io_context& context, tcp::acceptor&& acceptor) : StreamPair(context, acceptor) {}
  StreamPair(asio::io_context& context, tcp::acceptor& acceptor) {
    tcp::socket client_socket(context);
    client_socket.connect(acceptor.local_endpoint());
    tcp::socket server_socket(context);
    acceptor.accept(server_socket);
    server.emplace(std::move(server_socket));
    client.emplace(std::move(client_socket));
    // No test may hang: what waits longer than this has failed.
    server->expires_at(steady_now() + std::chrono::seconds(20));
    client->expires_at(steady_now() + std::chrono::seconds(20));
  }
  std::optional<Stream> server;
  std::optional<Stream> client;
};

// One operation each as a task that leaves its result behind.
inline Task<> accept_tls(Stream* stream, const ServerTlsContext* context, std::optional<Result<TlsFacts>>* out) {
  out->emplace(co_await stream->accept_tls(*context));
}
inline Task<> connect_tls(Stream* stream, const ClientTlsContext* context, std::string name,
                          std::optional<Result<TlsFacts>>* out) {
  out->emplace(co_await stream->connect_tls(*context, std::move(name)));
}
inline Task<> write_all(Stream* stream, std::string octets, std::optional<Result<void>>* out) {
  out->emplace(co_await stream->write_all(octets));
}
inline Task<> read_once(Stream* stream, std::optional<Result<std::string>>* out) {
  std::string buffer(1024, '\0');
  const auto size = co_await stream->read_some(buffer);
  if (!size) {
    out->emplace(std::unexpected(size.error()));
  } else {
    out->emplace(buffer.substr(0, *size));
  }
}
/// Until the orderly end, or the first error.
inline Task<> read_all(Stream* stream, std::string* octets, std::optional<Result<void>>* out) {
  std::string buffer(7001, '\0');
  for (;;) {
    const auto size = co_await stream->read_some(buffer);
    if (!size) {
      out->emplace(std::unexpected(size.error()));
      co_return;
    }
    if (*size == 0) break;
    octets->append(buffer, 0, *size);
  }
  out->emplace();
}
inline Task<> shut_down(Stream* stream) { co_await stream->shut_down(); }

/// Runs one task of each side to its end.
inline void run(asio::io_context& context, Task<> one, Task<> other) {
  TaskGroup group(context);
  group.spawn("one", std::move(one));
  group.spawn("other", std::move(other));
  context.restart();
  context.run();
}
inline void run(asio::io_context& context, Task<> only) {
  TaskGroup group(context);
  group.spawn("only", std::move(only));
  context.restart();
  context.run();
}

struct Handshake {
  std::optional<Result<TlsFacts>> server;
  std::optional<Result<TlsFacts>> client;
};
inline Handshake shake_hands(asio::io_context& context, StreamPair& pair, const ServerTlsContext& server,
                             const ClientTlsContext& client, const std::string& name = "mail.example.com") {
  Handshake done;
  run(context, accept_tls(&*pair.server, &server, &done.server),
      connect_tls(&*pair.client, &client, name, &done.client));
  return done;
}

}  // namespace sealpost::net
