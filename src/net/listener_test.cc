#include "net/listener.h"

#include <atomic>
#include <set>
#include <thread>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include "net/io_threads.h"
#include "net/listen_address.h"
#include "net/sleep.h"
#include "net/stream.h"
#include "net/task_group.h"

namespace sealpost::net {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

TEST(ListenAddress, ReadsTheThreeForms) {
  EXPECT_EQ(parse_listen_address("127.0.0.1:4465")->endpoint, tcp::endpoint(asio::ip::make_address("127.0.0.1"), 4465));
  EXPECT_EQ(parse_listen_address("[::1]:465")->endpoint, tcp::endpoint(asio::ip::make_address("::1"), 465));
  EXPECT_TRUE(parse_listen_address("*:465")->takes_both_families);
  EXPECT_FALSE(parse_listen_address("[::]:465")->takes_both_families);
  EXPECT_EQ(parse_listen_address("0.0.0.0:0")->endpoint.port(), 0);
  EXPECT_EQ(parse_listen_address("0.0.0.0:65535")->endpoint.port(), 65535);
}

TEST(ListenAddress, RefusesEverythingElseInWords) {
  for (const char* text :
       {"", ":", "465", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:4 65", "127.0.0.1:+1",
        "::1:465", "[127.0.0.1]:465", "localhost:465", "[]:465", "[::1:465", "::1]:465", "1.2.3:25"}) {
    const auto parsed = parse_listen_address(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().fault, Fault::kConfiguration);
    EXPECT_THAT(parsed.error().text, HasSubstr("is no address to listen on"));
  }
}

TEST(Listener, SaysThatAnAddressIsInUse) {
  asio::io_context context;
  auto first = Listener::bind(context, "127.0.0.1:0");
  ASSERT_TRUE(first) << first.error().text;
  auto second = Listener::bind(context, first->local_address());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().fault, Fault::kConfiguration);
  EXPECT_THAT(second.error().text, HasSubstr("the address is in use"));
  EXPECT_THAT(second.error().text, HasSubstr("sport = :" + std::to_string(first->port())));
}

TEST(Listener, SaysThatAnAddressIsNotOurs) {
  asio::io_context context;
  auto bound = Listener::bind(context, "192.0.2.1:0");
  ASSERT_FALSE(bound);
  EXPECT_THAT(bound.error().text, HasSubstr("no interface of this machine has that address"));
}

Task<> connect_many(std::string host, std::uint16_t port, int count, std::vector<Stream>* streams, int* failures) {
  for (int i = 0; i < count; ++i) {
    auto stream = co_await Stream::connect(host, port, steady_now() + 10s);
    if (stream) {
      streams->push_back(std::move(*stream));
    } else {
      ++*failures;
    }
  }
}

TEST(Listener, DealsConnectionsToAllTargetsInTurnOnTheirOwnThreads) {
  constexpr std::size_t kTargets = 3;
  constexpr int kConnections = 30;
  IoThreads threads(kTargets, "test");
  threads.start();
  asio::io_context context;
  auto listener = Listener::bind(context, "*:0");
  ASSERT_TRUE(listener) << listener.error().text;
  std::array<std::atomic<int>, kTargets> taken{};
  std::array<std::atomic<std::thread::id>, kTargets> ran_on{};
  std::atomic<int> on_its_context = 0;
  std::atomic<int> total = 0;
  const auto targets = threads.contexts();
  const auto accepted = [&](tcp::socket socket, asio::io_context& target) {
    const auto at = static_cast<std::size_t>(std::ranges::find(targets, &target) - targets.begin());
    ++taken.at(at);
    ran_on.at(at) = std::this_thread::get_id();
    const Stream stream(std::move(socket));
    if (&const_cast<Stream&>(stream).context() == &target && stream.peer().ip == "127.0.0.1") ++on_its_context;
    ++total;
  };
  TaskGroup group(context);
  group.spawn("listen", listener->run(accepted, targets));
  std::vector<Stream> streams;
  int failures = 0;
  group.spawn("connect", connect_many("127.0.0.1", listener->port(), kConnections, &streams, &failures));
  while (total < kConnections && failures == 0) context.run_one_for(1s);
  listener->stop();
  context.run();
  EXPECT_EQ(failures, 0);
  for (const auto& count : taken) EXPECT_EQ(count, kConnections / static_cast<int>(kTargets));
  EXPECT_EQ(on_its_context, kConnections);
  EXPECT_EQ((std::set<std::thread::id>{ran_on[0], ran_on[1], ran_on[2], std::this_thread::get_id()}).size(), 4U);
  streams.clear();
}

TEST(Listener, WaitsWhenDescriptorsRunOutAndGoesOnAfterwards) {
  asio::io_context context;
  auto listener = Listener::bind(context, "127.0.0.1:0");
  ASSERT_TRUE(listener);
  int total = 0;
  const auto accepted = [&](tcp::socket, asio::io_context&) { ++total; };
  TaskGroup group(context);
  group.spawn("listen", listener->run(accepted, {&context}));
  context.poll();
  tcp::socket client(context);
  client.open(tcp::v4());
  // Every descriptor that is left is taken, so that accept() fails with EMFILE.
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit tight = before;
  tight.rlim_cur = 256;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &tight), 0);
  std::vector<int> taken;
  for (int fd; (fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0;) taken.push_back(fd);
  client.connect(tcp::endpoint(asio::ip::address_v4::loopback(), listener->port()));
  context.run_for(20ms);
  std::size_t turns = 0;
  while (turns < 1000 && context.poll_one() > 0) ++turns;
  EXPECT_EQ(turns, 0U) << "it sleeps, it does not spin";
  EXPECT_EQ(total, 0);
  for (const int fd : taken) ::close(fd);
  ::setrlimit(RLIMIT_NOFILE, &before);
  for (int i = 0; i < 100 && total == 0; ++i) context.run_one_for(100ms);
  EXPECT_EQ(total, 1) << "the connection waited in the kernel's queue";
  listener->stop();
  context.run();
}

TEST(Listener, StopsWhileItWaits) {
  asio::io_context context;
  auto listener = Listener::bind(context, "127.0.0.1:0");
  TaskGroup group(context);
  group.spawn("listen", listener->run([](tcp::socket, asio::io_context&) {}, {&context}));
  context.poll();
  EXPECT_EQ(group.size(), 1U);
  listener->stop();
  context.run();
  EXPECT_EQ(group.size(), 0U);
}

Task<> note_thread(std::thread::id* id) {
  *id = std::this_thread::get_id();
  co_return;
}

TEST(IoThreads, RunTasksUntilFinishedEachOnItsOwnThread) {
  IoThreads threads(2, "test");
  std::array<std::thread::id, 2> ids;
  TaskGroup first(threads.context(0));
  TaskGroup second(threads.context(1));
  first.spawn("note", note_thread(&ids[0]));
  second.spawn("note", note_thread(&ids[1]));
  threads.start();
  threads.finish();
  threads.join();
  EXPECT_NE(ids[0], ids[1]);
  EXPECT_NE(ids[0], std::thread::id());
  EXPECT_NE(ids[1], std::thread::id());
}

TEST(IoThreads, StopWithTasksStillAsleep) {
  TaskGroup* group = nullptr;
  auto threads = std::make_unique<IoThreads>(1, "test");
  TaskGroup tasks(threads->context(0));
  group = &tasks;
  group->spawn("asleep", sleep_until(steady_now() + 1h));
  threads->start();
  threads.reset();
  EXPECT_EQ(tasks.size(), 0U);
}

}  // namespace
}  // namespace sealpost::net
