#include "net/await_callback.h"

#include <atomic>
#include <functional>
#include <optional>
#include <thread>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <gtest/gtest.h>

#include "net/task_group.h"

namespace sealpost::net {
namespace {

using Answer = Result<int>;

/// Starts a foreign thread that answers.
struct AnswerFromThread {
  std::vector<std::thread>* threads;
  int value;
  void operator()(Completion<Answer> done) const {
    threads->emplace_back([done, answer = value] { done(answer); });
  }
};

Task<> ask(std::vector<std::thread>* threads, int value, std::thread::id* resumed_on, Answer* answer) {
  AnswerFromThread initiator{threads, value};
  *answer = co_await await_callback<Answer>(initiator);
  *resumed_on = std::this_thread::get_id();
}

TEST(AwaitCallback, ResumesOnItsOwnThreadWithTheAnswerOfAnother) {
  asio::io_context context;
  TaskGroup group(context);
  std::vector<std::thread> threads;
  std::thread::id resumed_on;
  Answer answer = 0;
  group.spawn("ask", ask(&threads, 42, &resumed_on, &answer));
  context.run();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(answer, 42);
  EXPECT_EQ(resumed_on, std::this_thread::get_id());
}

TEST(AwaitCallback, ServesManyTasksAtOnce) {
  asio::io_context context;
  TaskGroup group(context);
  constexpr int kTasks = 200;
  std::vector<std::thread> threads;
  std::vector<std::thread::id> resumed_on(kTasks);
  std::vector<Answer> answers(kTasks, 0);
  for (int i = 0; i < kTasks; ++i) {
    const auto at = static_cast<std::size_t>(i);
    group.spawn("ask", ask(&threads, i, &resumed_on[at], &answers[at]));
  }
  context.run();
  for (std::thread& thread : threads) thread.join();
  for (int i = 0; i < kTasks; ++i) EXPECT_EQ(answers[static_cast<std::size_t>(i)], i);
}

/// Keeps the completion for the test to call when it likes.
struct Keep {
  std::optional<Completion<Answer>>* kept;
  void operator()(Completion<Answer> done) const { kept->emplace(std::move(done)); }
};

Task<> ask_kept(std::optional<Completion<Answer>>* kept, std::optional<Answer>* answer, std::shared_ptr<int> in_frame) {
  Keep initiator{kept};
  *answer = co_await await_callback<Answer>(initiator);
  (void)in_frame;
}

TEST(AwaitCallback, CountsOnlyTheFirstAnswerOfAllCopies) {
  asio::io_context context;
  TaskGroup group(context);
  std::optional<Completion<Answer>> kept;
  std::optional<Answer> answer;
  group.spawn("ask", ask_kept(&kept, &answer, nullptr));
  context.poll();
  ASSERT_TRUE(kept);
  const std::function<void(Answer)> copy = *kept;  // copyable, so it fits a std::function
  copy(1);
  (*kept)(2);
  EXPECT_FALSE(answer) << "the task does not run inside the callback";
  context.run();
  EXPECT_EQ(*answer, 1);
  copy(3);
}

TEST(AwaitCallback, TellsTheTaskWhenTheAnswerWillNeverCome) {
  asio::io_context context;
  TaskGroup group(context);
  std::optional<Completion<Answer>> kept;
  std::optional<Answer> answer;
  group.spawn("ask", ask_kept(&kept, &answer, nullptr));
  context.poll();
  kept.reset();
  context.run();
  ASSERT_TRUE(answer && !*answer);
  EXPECT_EQ(answer->error().fault, Fault::kInternal);
}

TEST(AwaitCallback, LetsALateAnswerFallWhenTheContextIsGone) {
  std::optional<Completion<Answer>> kept;
  std::optional<Answer> answer;
  auto in_frame = std::make_shared<int>(0);
  {
    std::optional<asio::io_context> context(std::in_place);
    TaskGroup group(*context);
    group.spawn("ask", ask_kept(&kept, &answer, in_frame));
    context->poll();
    EXPECT_EQ(in_frame.use_count(), 2);
    context.reset();
    EXPECT_EQ(in_frame.use_count(), 1) << "the coroutine died with its context";
    EXPECT_EQ(group.size(), 0U);
  }
  (*kept)(7);
  kept.reset();
  EXPECT_FALSE(answer);
}

TEST(AwaitCallback, SurvivesAContextThatIsDestroyedWhileAnswersArrive) {
  for (int round = 0; round < 200; ++round) {
    std::vector<std::thread> threads;
    {
      std::optional<asio::io_context> context(std::in_place);
      TaskGroup group(*context);
      std::vector<std::thread::id> resumed_on(4);
      std::vector<Answer> answers(4, 0);
      for (std::size_t i = 0; i < 4; ++i) group.spawn("ask", ask(&threads, 1, &resumed_on[i], &answers[i]));
      context->poll();
      context.reset();
    }
    for (std::thread& thread : threads) thread.join();
  }
}

}  // namespace
}  // namespace sealpost::net
