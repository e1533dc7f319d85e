// What the queue's tests share: a spool that can be watched and disturbed, an agent that follows a script, a clock that
// only tests move.
#pragma once
#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "queue/gate.h"
#include "queue/queue.h"

namespace sealpost::queue {

/// A memory spool that remembers the shape of every Change, and fails or waits on demand.
class WatchedSpool : public spool::Spool {
 public:
  struct Shape {
    std::vector<QueueId> added, set, removed;
  };

  Result<std::unique_ptr<spool::BodyWriter>> reserve(Bytes expected) override {
    if (refuses_room) return fail(Fault::kResource, "no room left");
    return inner_->reserve(expected);
  }
  void commit(spool::Change change, spool::Committed committed) override {
    const std::lock_guard lock(mutex_);
    if (refuses_change) {
      committed(fail(Fault::kResource, "no room for the last piece"));
      return;
    }
    if (fails_to_sync) {
      committed(fail(Fault::kInternal, "the disk said no"));
      return;
    }
    Shape shape;
    for (const auto& message : change.add) shape.added.push_back(message.record.id);
    for (const auto& one : change.set) shape.set.push_back(one.first);
    shape.removed = change.remove;
    shapes_.push_back(std::move(shape));
    if (holds_commits)
      held_.push_back({std::move(change), std::move(committed)});
    else
      inner_->commit(std::move(change), std::move(committed));
  }
  void release_commits() {
    const std::lock_guard lock(mutex_);
    holds_commits = false;
    for (auto& held : held_) inner_->commit(std::move(held.first), std::move(held.second));
    held_.clear();
  }
  Result<spool::Stored> load(QueueId id) override {
    ++loads;
    return inner_->load(id);
  }
  Result<std::unique_ptr<message::BodySource>> open_body(QueueId id) override { return inner_->open_body(id); }
  Result<void> for_each(QueueId after, const std::function<bool(const spool::Summary&)>& visit,
                        const std::function<void(QueueId, const Error&)>& damaged) override {
    const auto count = [&](const spool::Summary& summary) { return ++visits, visit(summary); };
    return inner_->for_each(after, count, damaged);
  }
  QueueId last_id() const override { return inner_->last_id(); }
  spool::Usage usage() const override { return inner_->usage(); }

  std::vector<Shape> shapes() const {
    const std::lock_guard lock(mutex_);
    return shapes_;
  }

  std::optional<Error> failure() const override {
    if (fails_to_sync) return Error{Fault::kInternal, "the disk said no"};
    return std::nullopt;
  }
  std::atomic<bool> refuses_room = false, refuses_change = false, fails_to_sync = false, holds_commits = false;
  std::atomic<int> loads = 0, visits = 0;

 private:
  std::unique_ptr<spool::Spool> inner_ = spool::make_memory_spool();
  mutable std::mutex mutex_;
  std::vector<Shape> shapes_;
  std::vector<std::pair<spool::Change, spool::Committed>> held_;
};

/// What an agent was given.
struct Carried {
  QueueId id;
  std::string sender;
  std::vector<std::string> recipients;
  std::string content;
  int connection = 0;
};

/// Answers as told; 250 otherwise.
class ScriptedAgent : public delivery::Agent {
 public:
  explicit ScriptedAgent(net::asio::io_context& context) : gate(context) {}
  std::unique_ptr<delivery::Channel> make_channel() override;

  std::function<delivery::TransactionResult(const Carried&)> answer;
  std::optional<smtp::Reply> refuses_connections;
  bool is_held = false;  // deliver() waits at the gate
  Gate gate;
  std::vector<Carried> carried;
  int waiting_at_gate = 0;
  int connections = 0;
  int connections_open = 0;
};

class ScriptedChannel : public delivery::Channel {
 public:
  explicit ScriptedChannel(ScriptedAgent& agent) : agent_(agent), number_(++agent.connections) {
    ++agent_.connections_open;
  }
  ~ScriptedChannel() override { --agent_.connections_open; }

  net::Task<std::expected<void, smtp::Reply>> open() override {
    if (agent_.refuses_connections) co_return std::unexpected(*agent_.refuses_connections);
    co_return std::expected<void, smtp::Reply>{};
  }
  net::Task<delivery::TransactionResult> deliver(delivery::Transaction transaction) override {
    Carried carried{.id = transaction.id,
                    .sender = transaction.envelope->reverse_path ? transaction.envelope->reverse_path->to_string() : "",
                    .recipients = {},
                    .content = {},
                    .connection = number_};
    for (const auto& recipient : transaction.envelope->recipients)
      carried.recipients.push_back(recipient.forward_path.to_string());
    while (true) {
      const auto piece = transaction.body->next();
      if (!piece || piece->empty()) break;
      carried.content += *piece;
    }
    EXPECT_EQ(carried.content.size(), transaction.size.count);
    agent_.carried.push_back(carried);
    ++agent_.waiting_at_gate;
    while (agent_.is_held && !is_cut_) co_await agent_.gate.wait();
    --agent_.waiting_at_gate;
    delivery::TransactionResult result;
    if (is_cut_)
      result.per_recipient.assign(carried.recipients.size(), {451, {4, 4, 2}, "cut"});
    else if (agent_.answer)
      result = agent_.answer(carried);
    else
      result.per_recipient.assign(carried.recipients.size(), {250, {2, 0, 0}, "taken"});
    if (result.is_untouched || is_cut_) is_reusable_ = false;
    co_return result;
  }
  bool is_reusable() const override { return is_reusable_; }
  net::Task<> quit() override { co_return; }
  void close() noexcept override {
    is_cut_ = true;
    agent_.gate.open();
  }

 private:
  ScriptedAgent& agent_;
  int number_;
  bool is_reusable_ = true;
  bool is_cut_ = false;
};

inline std::unique_ptr<delivery::Channel> ScriptedAgent::make_channel() {
  return std::make_unique<ScriptedChannel>(*this);
}

inline delivery::TransactionResult answer_all(const Carried& carried, const smtp::Reply& reply) {
  delivery::TransactionResult result;
  result.per_recipient.assign(carried.recipients.size(), reply);
  return result;
}

class QueueTest : public testing::Test {
 protected:
  void SetUp() override {
    delivery::Route one;
    one.name = "one";
    one.host = "mx.one.example";
    one.domains = {"one.example", "example.com"};
    delivery::Route two;
    two.name = "two";
    two.host = "mx.two.example";
    two.domains = {"two.example"};
    routes_.push_back(std::move(one));
    routes_.push_back(std::move(two));
    options_.hostname = "mail.example.com";
    options_.retry = {.delays = {std::chrono::minutes(5), std::chrono::hours(1)}, .jitter_percent = 0};
    options_.clock.wall = [this] { return WallTime{std::chrono::seconds(2'000'000'000)} + elapsed_; };
    options_.clock.steady = [this] { return SteadyTime{std::chrono::seconds(1000)} + elapsed_; };
    options_.on_fatal = [this](const Error&) { ++fatal_; };
  }
  void TearDown() override {
    if (queue_) stop();
  }

  void start() {
    delivery::RouteTable table;
    for (std::size_t i = 0; i < routes_.size(); ++i) {
      auto agent = std::make_unique<ScriptedAgent>(context_);
      (i == 0 ? one_ : two_) = agent.get();
      delivery::Route route;
      route.name = routes_[i].name;
      route.host = routes_[i].host;
      route.domains = routes_[i].domains;
      route.connections_max = routes_[i].connections_max;
      route.messages_per_connection_max = routes_[i].messages_per_connection_max;
      route.idle_close = routes_[i].idle_close;
      table.add(std::move(route), std::move(agent));
    }
    queue_ = std::make_unique<Queue>(context_, spool_, std::move(table), options_);
    ASSERT_TRUE(queue_->recover());
  }

  void stop(std::chrono::seconds patience = std::chrono::hours(1)) {
    run(queue_->shut_down(steady_now() + patience));
    drain();
    queue_.reset();
  }

  /// Runs the relay until `is_reached`; the wait is for the spool's thread. False: nothing happened for ten seconds.
  bool run_until(const std::function<bool()>& is_reached) {
    while (!is_reached()) {
      context_.restart();
      if (context_.run_one_for(std::chrono::seconds(10)) == 0) return is_reached();
    }
    return true;
  }
  /// Everything that can happen without the spool's thread.
  void drain() {
    context_.restart();
    context_.poll();
  }

  template <class T>
  T run(net::Task<T> task) {
    std::optional<T> answer;
    net::asio::co_spawn(context_, std::move(task),
                        [&answer](std::exception_ptr, T value) { answer = std::move(value); });
    EXPECT_TRUE(run_until([&answer] { return answer.has_value(); }));
    return std::move(*answer);
  }
  void run(net::Task<> task) {
    bool is_over = false;
    net::asio::co_spawn(context_, std::move(task), [&is_over](std::exception_ptr) { is_over = true; });
    EXPECT_TRUE(run_until([&is_over] { return is_over; }));
  }

  static smtp::Mailbox mailbox(std::string_view text) {
    return smtp::Mailbox::parse(text, smtp::Charset::kAscii).value();
  }

  Result<QueueId> submit(std::string_view sender, const std::vector<std::string>& recipients, smtp::Notify notify = {},
                         std::string_view account = "ann") {
    smtp::Envelope envelope;
    if (!sender.empty()) envelope.reverse_path = mailbox(sender);
    for (const auto& recipient : recipients)
      envelope.recipients.push_back({mailbox(recipient), {.notify = notify, .orcpt = {}}});
    const RelayPermit permit = RelayPermit::for_principal(PrincipalForTest::make(std::string(account)));
    auto draft = queue_->begin(permit, envelope, Bytes{1000});
    if (!draft) return std::unexpected(draft.error());
    EXPECT_TRUE(draft->body->append("Subject: hello\r\n\r\nHello.\r\n"));
    return run(queue_->accept(permit, std::move(envelope), std::move(*draft),
                              {.arrived = options_.clock.wall(), .client_address = "192.0.2.1", .is_8bit = false}));
  }

  void advance(std::chrono::milliseconds by) {
    elapsed_ += by;
    queue_->look_at_clock();
    drain();
  }

  bool run_until_empty() {
    return run_until([this] { return spool_.usage().messages == 0; });
  }
  bool run_until_attempts(QueueId id, std::uint32_t attempts) {
    return run_until([&] {
      const auto message = queue_->show(id);
      return message && message->attempts == attempts;
    });
  }

  net::asio::io_context context_;
  net::asio::executor_work_guard<net::asio::io_context::executor_type> work_{context_.get_executor()};
  WatchedSpool spool_;
  QueueOptions options_;
  std::vector<delivery::Route> routes_;
  std::chrono::milliseconds elapsed_{0};
  ScriptedAgent* one_ = nullptr;
  ScriptedAgent* two_ = nullptr;
  int fatal_ = 0;
  std::unique_ptr<Queue> queue_;
};

}  // namespace sealpost::queue
