#include "net/stream.h"

#include <array>
#include <filesystem>
#include <thread>

#include <boost/asio/local/stream_protocol.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include "net/deadline.h"
#include "net/streams_for_test.h"

namespace sealpost::net {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

std::string pattern(std::size_t size) {
  std::string octets(size, '\0');
  for (std::size_t i = 0; i < size; ++i) octets[i] = static_cast<char>((i * 7919) >> 3);
  return octets;
}

Task<> read_once_and_shut_down(Stream* stream, std::optional<Result<std::string>>* out) {
  co_await read_once(stream, out);
  co_await stream->shut_down();
}
Task<> read_all_and_shut_down(Stream* stream, std::string* octets, std::optional<Result<void>>* out) {
  co_await read_all(stream, octets, out);
  co_await stream->shut_down();
}

class StreamTest : public testing::Test {
 protected:
  asio::io_context context_;
  TlsWorld world_;
};

TEST_F(StreamTest, KnowsItsPeer) {
  const StreamPair pair(context_);
  EXPECT_EQ(pair.server->peer().ip, "127.0.0.1");
  EXPECT_GT(pair.server->peer().port, 0);
  EXPECT_TRUE(pair.server->is_open());
  EXPECT_FALSE(pair.server->is_secure());
}

TEST_F(StreamTest, CarriesOctetsInClearAndSeesTheOrderlyEnd) {
  StreamPair pair(context_);
  std::optional<Result<void>> written;
  std::optional<Result<std::string>> read;
  run(context_, write_all(&*pair.client, "EHLO x\r\n", &written), read_once(&*pair.server, &read));
  EXPECT_EQ(**read, "EHLO x\r\n");
  EXPECT_TRUE(*written);
  run(context_, shut_down(&*pair.client), read_once_and_shut_down(&*pair.server, &read));
  EXPECT_EQ(**read, "") << "0 is the end";
  EXPECT_FALSE(pair.client->is_open());
}

TEST_F(StreamTest, CarriesMegabytesBothWaysAtOnceUnderTls) {
  StreamPair pair(context_);
  ASSERT_TRUE(*shake_hands(context_, pair, *world_.server, *world_.client).server);
  const std::string to_server = pattern(5'000'003);
  const std::string to_client = pattern(3'000'001);
  std::optional<Result<void>> sent1;
  std::optional<Result<void>> sent2;
  std::optional<Result<void>> end1;
  std::optional<Result<void>> end2;
  std::string at_server;
  std::string at_client;
  {
    TaskGroup group(context_);
    group.spawn("c>", write_all(&*pair.client, to_server, &sent1));
    group.spawn("s>", write_all(&*pair.server, to_client, &sent2));
    group.spawn("s<", read_all(&*pair.server, &at_server, &end1));
    group.spawn("c<", read_all(&*pair.client, &at_client, &end2));
    context_.restart();
    while (at_server.size() < to_server.size() || at_client.size() < to_client.size()) {
      if (context_.run_one() == 0 || end1 || end2) break;
    }
    pair.server->close();
    pair.client->close();
    context_.run();
  }
  EXPECT_TRUE(at_server == to_server);
  EXPECT_TRUE(at_client == to_client);
  EXPECT_TRUE(*sent1);
  EXPECT_TRUE(*sent2);
}

TEST_F(StreamTest, CarriesMegabytesInClear) {
  StreamPair pair(context_);
  const std::string octets = pattern(4'000'000);
  std::optional<Result<void>> sent;
  std::optional<Result<void>> end;
  std::string received;
  TaskGroup group(context_);
  group.spawn("write", write_all(&*pair.client, octets, &sent));
  group.spawn("read", read_all(&*pair.server, &received, &end));
  while (received.size() < octets.size() && context_.run_one() > 0) {
  }
  pair.client->close();
  context_.run();
  EXPECT_TRUE(received == octets);
}

TEST_F(StreamTest, SeesCloseNotifyAsTheOrderlyEnd) {
  StreamPair pair(context_);
  ASSERT_TRUE(*shake_hands(context_, pair, *world_.server, *world_.client).server);
  std::string received;
  std::optional<Result<void>> end;
  run(context_, shut_down(&*pair.client), read_all_and_shut_down(&*pair.server, &received, &end));
  EXPECT_TRUE(*end) << end->error().text;
  EXPECT_EQ(received, "");
}

TEST_F(StreamTest, TakesAFinWithoutCloseNotifyForATruncation) {
  StreamPair pair(context_);
  ASSERT_TRUE(*shake_hands(context_, pair, *world_.server, *world_.client).server);
  // The client reads what there is, or its kernel would send RST instead of FIN.
  std::optional<Result<void>> sent;
  std::optional<Result<std::string>> read;
  run(context_, write_all(&*pair.server, "220 ready\r\n", &sent), read_once(&*pair.client, &read));
  pair.client->close();
  std::string received;
  std::optional<Result<void>> end;
  run(context_, read_all(&*pair.server, &received, &end));
  ASSERT_FALSE(*end);
  EXPECT_EQ(end->error().fault, Fault::kPeer);
  EXPECT_THAT(end->error().text, HasSubstr("without close_notify"));
  EXPECT_FALSE(pair.server->is_open()) << "rules R3: when TLS ends, the connection ends";
}

TEST_F(StreamTest, NeverReadsPlainTextBehindCloseNotify) {
  // CVE-2026-45185 was this: close_notify, then an octet in clear.
  tcp::acceptor acceptor(context_, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  std::thread client([&] {
    asio::io_context own;
    tcp::socket socket(own);
    socket.connect(acceptor.local_endpoint());
    const SslPtr ssl(SSL_new(world_.client->native()));
    SSL_set_fd(ssl.get(), socket.native_handle());
    EXPECT_EQ(SSL_connect(ssl.get()), 1);
    SSL_shutdown(ssl.get());
    EXPECT_EQ(::send(socket.native_handle(), "QUIT\r\n", 6, MSG_NOSIGNAL), 6);
    std::array<char, 1024> rest{};
    while (::recv(socket.native_handle(), rest.data(), rest.size(), 0) > 0) {
    }
  });
  tcp::socket accepted(context_);
  acceptor.accept(accepted);
  Stream server(std::move(accepted));
  std::optional<Result<TlsFacts>> secured;
  run(context_, accept_tls(&server, &*world_.server, &secured));
  EXPECT_TRUE(*secured);
  std::string received;
  std::optional<Result<void>> end;
  for (int i = 0; i < 2; ++i) {
    run(context_, read_all(&server, &received, &end));
    EXPECT_TRUE(*end);
    EXPECT_EQ(received, "");
  }
  run(context_, shut_down(&server));
  client.join();
}

TEST_F(StreamTest, ClosesWhenItsDeadlinePassesDuringARead) {
  StreamPair pair(context_);
  pair.server->expires_at(steady_now() + 1h);
  std::optional<Result<std::string>> read;
  TaskGroup group(context_);
  group.spawn("read", read_once(&*pair.server, &read));
  context_.poll();
  DeadlineKeeper& keeper = DeadlineKeeper::of(context_);
  EXPECT_EQ(keeper.waiting(), 1U);
  keeper.sweep(steady_now() + 59min);
  context_.poll();
  EXPECT_FALSE(read);
  keeper.sweep(steady_now() + 61min);
  context_.run();
  ASSERT_TRUE(read && !*read);
  EXPECT_EQ(read->error().fault, Fault::kTimeout);
  EXPECT_FALSE(pair.server->is_open());
  EXPECT_EQ(keeper.waiting(), 0U);
}

TEST_F(StreamTest, KeepsADeadlineThatWasMovedWhileItWaits) {
  StreamPair pair(context_);
  pair.server->expires_at(steady_now() + 1h);
  std::optional<Result<std::string>> read;
  TaskGroup group(context_);
  group.spawn("read", read_once(&*pair.server, &read));
  context_.poll();
  pair.server->expires_at(steady_now() + 3h);
  DeadlineKeeper::of(context_).sweep(steady_now() + 2h);
  context_.poll();
  EXPECT_FALSE(read);
  pair.server->close();
  context_.run();
  ASSERT_TRUE(read && !*read);
}

TEST_F(StreamTest, TimesOutWithoutHelpFromAnybody) {
  StreamPair pair(context_);
  pair.server->expires_at(steady_now() + 1ms);
  std::optional<Result<std::string>> read;
  run(context_, read_once(&*pair.server, &read));
  ASSERT_FALSE(*read);
  EXPECT_EQ(read->error().fault, Fault::kTimeout);
}

TEST_F(StreamTest, TimesOutThoughThePeerNeverStopsToSend) {
  StreamPair pair(context_);
  std::optional<Result<void>> sent;
  std::optional<Result<std::string>> read;
  run(context_, write_all(&*pair.client, std::string(4096, 'x'), &sent), read_once(&*pair.server, &read));
  ASSERT_TRUE(*read);
  pair.server->expires_at(steady_now() - 1ms);
  run(context_, read_once(&*pair.server, &read));
  ASSERT_FALSE(*read);
  EXPECT_EQ(read->error().fault, Fault::kTimeout);
}

TEST_F(StreamTest, TimesOutInAWriteThatNobodyReads) {
  StreamPair pair(context_);
  pair.server->expires_at(steady_now() + 1h);
  std::optional<Result<void>> sent;
  TaskGroup group(context_);
  group.spawn("write", write_all(&*pair.server, std::string(50'000'000, 'x'), &sent));
  context_.poll();
  EXPECT_FALSE(sent);
  DeadlineKeeper::of(context_).sweep(steady_now() + 2h);
  context_.run();
  ASSERT_TRUE(sent && !*sent);
  EXPECT_EQ(sent->error().fault, Fault::kTimeout);
}

TEST_F(StreamTest, ADeadlineDoesNotKeepTheContextRunning) {
  StreamPair pair(context_);
  std::optional<Result<void>> sent;
  std::optional<Result<std::string>> read;
  const SteadyTime before = steady_now();
  for (int i = 0; i < 20; ++i) run(context_, write_all(&*pair.client, "x", &sent), read_once(&*pair.server, &read));
  EXPECT_LT(steady_now() - before, 20 * kDeadlinePrecision / 2)
      << "run() returns when the tasks are done, not at the keeper's next look";
}

Task<> wait_readable(Stream* stream, std::optional<Result<void>>* out) {
  out->emplace(co_await stream->wait_readable());
}

TEST_F(StreamTest, WaitReadableSeesWhatOpensslHoldsAlready) {
  StreamPair pair(context_);
  ASSERT_TRUE(*shake_hands(context_, pair, *world_.server, *world_.client).server);
  std::optional<Result<void>> sent;
  std::optional<Result<void>> ready;
  std::optional<Result<std::string>> read;
  // Two records arrive together; read-ahead takes both from the socket, the caller reads one.
  run(context_, write_all(&*pair.client, "first", &sent));
  run(context_, write_all(&*pair.client, "second", &sent));
  run(context_, read_once(&*pair.server, &read));
  EXPECT_EQ(**read, "first");
  run(context_, wait_readable(&*pair.server, &ready));
  EXPECT_TRUE(*ready);
  run(context_, read_once(&*pair.server, &read));
  EXPECT_EQ(**read, "second");
  run(context_, wait_readable(&*pair.server, &ready), write_all(&*pair.client, "third", &sent));
  EXPECT_TRUE(*ready);
  run(context_, read_once(&*pair.server, &read));
  EXPECT_EQ(**read, "third");
}

TEST_F(StreamTest, ReadsOneRecordInPiecesOfAnySize) {
  StreamPair pair(context_);
  ASSERT_TRUE(*shake_hands(context_, pair, *world_.server, *world_.client).server);
  std::optional<Result<void>> sent;
  run(context_, write_all(&*pair.client, std::string(3000, 'y'), &sent));
  std::optional<Result<std::string>> read;
  std::string all;
  while (all.size() < 3000) {
    run(context_, read_once(&*pair.server, &read));
    ASSERT_TRUE(*read);
    all += **read;
  }
  EXPECT_EQ(all, std::string(3000, 'y'));
}

TEST_F(StreamTest, OperationsOnAClosedStreamFailAtOnce) {
  StreamPair pair(context_);
  pair.server->close();
  std::optional<Result<std::string>> read;
  std::optional<Result<void>> written;
  std::optional<Result<TlsFacts>> secured;
  run(context_, read_once(&*pair.server, &read), write_all(&*pair.server, "x", &written));
  EXPECT_FALSE(*read);
  EXPECT_FALSE(*written);
  run(context_, accept_tls(&*pair.server, &*world_.server, &secured), shut_down(&*pair.server));
  EXPECT_FALSE(*secured);
}

Task<> connect(std::string host, std::uint16_t port, SteadyTime deadline, std::optional<Result<Stream>>* out) {
  out->emplace(co_await Stream::connect(std::move(host), port, deadline));
}
Task<> connect_unix(std::string path, std::optional<Result<Stream>>* out) {
  out->emplace(co_await Stream::connect_unix(std::move(path), steady_now() + 5s));
}

TEST_F(StreamTest, ConnectsToALiteralAndToAName) {
  tcp::acceptor acceptor(context_, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  std::optional<Result<Stream>> stream;
  for (const char* host : {"127.0.0.1", "localhost"}) {
    run(context_, connect(host, acceptor.local_endpoint().port(), steady_now() + 10s, &stream));
    ASSERT_TRUE(*stream) << stream->error().text;
    EXPECT_EQ((*stream)->peer().ip, "127.0.0.1");
    EXPECT_EQ((*stream)->peer().port, acceptor.local_endpoint().port());
  }
}

TEST_F(StreamTest, TellsWhereItCouldNotConnect) {
  std::uint16_t port = 0;
  {
    const tcp::acceptor acceptor(context_, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    port = acceptor.local_endpoint().port();
  }
  std::optional<Result<Stream>> stream;
  run(context_, connect("127.0.0.1", port, steady_now() + 10s, &stream));
  ASSERT_FALSE(*stream);
  EXPECT_EQ(stream->error().fault, Fault::kNetwork);
  EXPECT_EQ(stream->error().text,
            "cannot connect to 127.0.0.1 (127.0.0.1:" + std::to_string(port) + "): Connection refused");
  run(context_, connect("127.0.0.1", port, steady_now() - 1s, &stream));
  ASSERT_FALSE(*stream);
  EXPECT_EQ(stream->error().fault, Fault::kTimeout);
}

TEST_F(StreamTest, ConnectsToAUnixSocket) {
  const TemporaryDirectory directory;
  asio::local::stream_protocol::acceptor acceptor(context_,
                                                  asio::local::stream_protocol::endpoint(directory.path("lmtp")));
  std::optional<Result<Stream>> stream;
  run(context_, connect_unix(directory.path("lmtp"), &stream));
  ASSERT_TRUE(*stream) << stream->error().text;
  EXPECT_EQ((*stream)->peer().ip, "local");
  run(context_, connect_unix(directory.path("none"), &stream));
  EXPECT_FALSE(*stream);
  run(context_, connect_unix(std::string(200, 'x'), &stream));
  EXPECT_FALSE(*stream);
}

std::size_t count_descriptors() {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) ++count;
  return count;
}

TEST_F(StreamTest, AThousandConnectionsLeaveNoDescriptorBehind) {
  {
    const StreamPair warm_up(context_);
  }
  const std::size_t before = count_descriptors();
  for (int i = 0; i < 1000; ++i) {
    StreamPair pair(context_);
    std::optional<Result<std::string>> read;
    switch (i % 4) {
      case 0:
        ASSERT_TRUE(*shake_hands(context_, pair, *world_.server, *world_.client).server);
        run(context_, shut_down(&*pair.client), shut_down(&*pair.server));
        break;
      case 1:
        pair.client->close();
        run(context_, read_once(&*pair.server, &read));
        break;
      case 2:
        run(context_, shut_down(&*pair.server), shut_down(&*pair.client));
        break;
      default:
        break;
    }
  }
  EXPECT_EQ(count_descriptors(), before);
}

Task<> own_and_read(Stream stream) {
  std::optional<Result<std::string>> read;
  co_await read_once(&stream, &read);
  ADD_FAILURE() << "nobody sends";
}

TEST(StreamAndContext, AContextMayDieWithTasksInItThatOwnStreamsAndWait) {
  TlsWorld world;
  for (int i = 0; i < 10; ++i) {
    std::optional<asio::io_context> context(std::in_place);
    TaskGroup group(*context);
    {
      StreamPair pair(*context);
      ASSERT_TRUE(*shake_hands(*context, pair, *world.server, *world.client).server);
      group.spawn("server", own_and_read(std::move(*pair.server)));
      // The client's end lives on in a task, too, or the server would see it close.
      group.spawn("client", own_and_read(std::move(*pair.client)));
    }
    context->restart();
    context->poll();
    EXPECT_EQ(group.size(), 2U);
    context.reset();
    EXPECT_EQ(group.size(), 0U);
  }
}

}  // namespace
}  // namespace sealpost::net
