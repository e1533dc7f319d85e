#include "spool/commit_group.h"

#include <future>
#include <latch>
#include <stdexcept>

#include <gtest/gtest.h>

namespace sealpost::spool {
namespace {

std::unique_ptr<PreparedChange> change(Committed committed) {
  auto made = std::make_unique<PreparedChange>();
  made->committed = std::move(committed);
  return made;
}

TEST(CommitGroup, WritesEverythingThatWaitsAsOneGroup) {
  std::latch first_is_written(1);
  std::latch others_are_waiting(1);
  std::vector<std::size_t> sizes;
  CommitGroup group([&](CommitGroup::Group changes) -> Result<void> {
    sizes.push_back(changes.size());
    if (sizes.size() == 1) {
      first_is_written.count_down();
      others_are_waiting.wait();
    }
    return {};
  });
  std::promise<void> done;
  group.enqueue(change([](Result<void>) {}));
  first_is_written.wait();
  for (int i = 0; i < 9; ++i) group.enqueue(change([](Result<void>) {}));
  group.enqueue(change([&](Result<void>) { done.set_value(); }));
  others_are_waiting.count_down();
  done.get_future().wait();
  EXPECT_EQ(sizes, (std::vector<std::size_t>{1, 10})) << "one at once, because nothing else waited; then all others";
}

TEST(CommitGroup, AnswersInOrderAndAnswersARefusedChangeAlone) {
  std::vector<std::pair<int, bool>> answers;
  {
    CommitGroup group([](CommitGroup::Group changes) -> Result<void> {
      for (const auto& waiting : changes)
        if (!waiting->outcome) waiting->outcome.error().text += "!";
      return {};
    });
    for (int i = 0; i < 20; ++i) {
      auto made = change([&answers, i](const Result<void>& result) { answers.emplace_back(i, result.has_value()); });
      if (i % 7 == 3) made->outcome = fail(Fault::kNotFound, "refused");
      group.enqueue(std::move(made));
    }
  }
  ASSERT_EQ(answers.size(), 20);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(answers[static_cast<std::size_t>(i)], std::pair(i, i % 7 != 3));
}

TEST(CommitGroup, NeverSucceedsAgainAfterAFailure) {
  for (const bool throws : {false, true}) {
    int writes = 0;
    std::vector<bool> answers;
    {
      CommitGroup group([&](CommitGroup::Group) -> Result<void> {
        if (++writes < 2) return {};
        if (throws) throw std::runtime_error("the store threw");
        return fail(Fault::kResource, "sync failed");
      });
      for (int i = 0; i < 4; ++i) {
        std::promise<void> done;
        group.enqueue(change([&](const Result<void>& result) {
          answers.push_back(result.has_value());
          done.set_value();
        }));
        done.get_future().wait();
      }
      ASSERT_TRUE(group.failure());
      EXPECT_EQ(group.failure()->text, throws ? "the store threw" : "sync failed");
    }
    EXPECT_EQ(writes, 2) << "what the disk has is not known, so nothing more is written";
    EXPECT_EQ(answers, (std::vector<bool>{true, false, false, false}));
  }
}

}  // namespace
}  // namespace sealpost::spool
