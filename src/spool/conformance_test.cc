// What every spool promises (states.md), tried on each implementation. What only the durable one can show is in
// durability_test.cc.
#include <atomic>
#include <filesystem>
#include <thread>

#include <gtest/gtest.h>

#include "spool/directory_for_test.h"
#include "spool/message_for_test.h"
#include "spool/spool.h"

namespace sealpost::spool {
namespace {

using for_test::content;

constexpr Bytes kInlineMax{32 * 1024};

enum class Implementation { kMemory, kRocksdb };

class SpoolTest : public testing::TestWithParam<Implementation> {
 protected:
  void SetUp() override {
    if (GetParam() == Implementation::kMemory) {
      spool_ = make_memory_spool();
      return;
    }
    RocksdbOptions options;
    options.directory = directory_.path();
    options.inline_max = kInlineMax;
    options.segment_size = {1 << 20};
    auto opened = open_rocksdb_spool(options);
    ASSERT_TRUE(opened) << opened.error().text;
    spool_ = *std::move(opened);
  }

  std::vector<QueueId> ids(QueueId after = {}) {
    std::vector<QueueId> found;
    const auto done = spool_->for_each(
        after, [&](const Summary& summary) { return found.push_back(summary.id), true; },
        [](QueueId id, const Error& error) { FAIL() << id.to_string() << error.text; });
    EXPECT_TRUE(done);
    return found;
  }

  for_test::Directory directory_;
  std::unique_ptr<Spool> spool_;
};

INSTANTIATE_TEST_SUITE_P(Every, SpoolTest, testing::Values(Implementation::kMemory, Implementation::kRocksdb),
                         [](const auto& tested) {
                           return tested.param == Implementation::kMemory ? "Memory" : "Rocksdb";
                         });

TEST_P(SpoolTest, IsEmptyAtFirst) {
  EXPECT_TRUE(ids().empty());
  EXPECT_EQ(spool_->last_id(), QueueId{});
  EXPECT_EQ(spool_->usage().messages, 0);
  EXPECT_EQ(spool_->usage().content, Bytes{});
  EXPECT_EQ(spool_->load({1}).error().fault, Fault::kNotFound);
  EXPECT_EQ(spool_->open_body({1}).error().fault, Fault::kNotFound);
}

TEST_P(SpoolTest, GivesBackWhatWasAccepted) {
  ASSERT_TRUE(for_test::add(*spool_, {7}, "Subject: hello\r\n\r\nworld\r\n"));
  const auto stored = spool_->load({7});
  ASSERT_TRUE(stored) << stored.error().text;
  EXPECT_EQ(stored->record.id, QueueId{7});
  EXPECT_EQ(stored->record.account, "ann");
  EXPECT_EQ(stored->record.envelope.recipients.at(0).forward_path.to_string(), "rcpt0@example.net");
  EXPECT_EQ(stored->record.size, Bytes{25});
  EXPECT_EQ(stored->state.attempts, 0);
  EXPECT_EQ(stored->state.next_attempt, stored->record.arrived);
  EXPECT_FALSE(stored->state.delay_reported);
  EXPECT_EQ(stored->state.recipients, std::vector<RecipientState>(1));
  EXPECT_EQ(for_test::read(*spool_, {7}), "Subject: hello\r\n\r\nworld\r\n");
}

TEST_P(SpoolTest, KeepsContentsOfEverySize) {
  std::uint64_t id = 0;
  std::uint64_t total = 0;
  for (const std::size_t size :
       {0U, 1U, 4095U, 4096U, 4097U, 32767U, 32768U, 32769U, 65535U, 65536U, 65537U, 131072U, 5'000'000U}) {
    const QueueId queue_id{++id};
    const std::string octets = content(size, id);
    ASSERT_TRUE(for_test::add(*spool_, queue_id, octets));
    total += size;
    const auto source = spool_->open_body(queue_id);
    ASSERT_TRUE(source) << source.error().text;
    EXPECT_EQ((*source)->size(), Bytes{size});
    EXPECT_TRUE(for_test::read(**source) == octets) << size;
    ASSERT_TRUE((*source)->rewind());
    EXPECT_TRUE(for_test::read(**source) == octets) << "again " << size;
    EXPECT_EQ(spool_->load(queue_id)->record.size, Bytes{size});
  }
  EXPECT_EQ(spool_->usage().content, Bytes{total});
  for (std::uint64_t i = 1; i <= id; ++i) EXPECT_TRUE(for_test::read(*spool_, {i}).has_value());
}

TEST_P(SpoolTest, HandsOutPiecesOfAtMost256KiB) {
  ASSERT_TRUE(for_test::add(*spool_, {1}, content(3'000'000)));
  const auto source = spool_->open_body({1});
  ASSERT_TRUE(source);
  for (;;) {
    const auto piece = (*source)->next();
    ASSERT_TRUE(piece);
    EXPECT_LE(piece->size(), 256 * 1024);
    if (piece->empty()) break;
  }
}

TEST_P(SpoolTest, TakesAContentInPartsOfEverySize) {
  const std::string octets = content(300'000);
  for (const std::size_t part : {1'000U, 4'096U, 65'536U, 70'001U, 131'072U}) {
    auto body = spool_->reserve({octets.size()});
    ASSERT_TRUE(body);
    for (std::size_t at = 0; at < octets.size(); at += part)
      ASSERT_TRUE((*body)->append(std::string_view(octets).substr(at, part)));
    EXPECT_EQ((*body)->size(), Bytes{octets.size()});
    Change change;
    change.add.push_back({for_test::record({part}), *std::move(body)});
    ASSERT_TRUE(for_test::commit(*spool_, std::move(change)));
    EXPECT_TRUE(for_test::read(*spool_, {part}) == octets) << part;
  }
}

TEST_P(SpoolTest, VisitsMessagesInTheOrderOfIdsAndStopsWhenAsked) {
  for (const std::uint64_t id : {300U, 5U, 70'000U, 256U}) ASSERT_TRUE(for_test::add(*spool_, {id}, "x"));
  EXPECT_EQ(ids(), (std::vector<QueueId>{{5}, {256}, {300}, {70'000}}));
  EXPECT_EQ(spool_->last_id(), QueueId{70'000});
  int visited = 0;
  ASSERT_TRUE(spool_->for_each({}, [&](const Summary&) { return ++visited < 2; }, [](QueueId, const Error&) {}));
  EXPECT_EQ(visited, 2);
}

TEST_P(SpoolTest, VisitsOnlyWhatStandsAfterAnId) {
  for (const std::uint64_t id : {300U, 5U, 70'000U, 256U}) ASSERT_TRUE(for_test::add(*spool_, {id}, "x"));
  DeliveryState state;
  state.attempts = 3;
  state.recipients.resize(1);
  ASSERT_TRUE(for_test::set(*spool_, {300}, state));
  EXPECT_EQ(ids({4}), (std::vector<QueueId>{{5}, {256}, {300}, {70'000}}));
  EXPECT_EQ(ids({5}), (std::vector<QueueId>{{256}, {300}, {70'000}}));
  EXPECT_EQ(ids({255}), (std::vector<QueueId>{{256}, {300}, {70'000}}));
  EXPECT_EQ(ids({69'999}), std::vector<QueueId>{{70'000}});
  EXPECT_TRUE(ids({70'000}).empty());
  EXPECT_TRUE(ids({UINT64_MAX}).empty());
  std::uint32_t attempts = 0;
  const auto first = [&](const Summary& summary) { return attempts = summary.attempts, false; };
  ASSERT_TRUE(spool_->for_each({256}, first, [](QueueId, const Error&) {}));
  EXPECT_EQ(attempts, 3) << "the state is found in the middle, too";
}

TEST_P(SpoolTest, AVisitDoesNotMeetWhatItsVisitorAdds) {
  ASSERT_TRUE(for_test::add(*spool_, {1}, "x"));
  std::uint64_t last = 1;
  const auto visit = [&](const Summary&) {
    EXPECT_TRUE(for_test::add(*spool_, {++last}, "x"));
    return last < 10;
  };
  ASSERT_TRUE(spool_->for_each({}, visit, [](QueueId, const Error&) {}));
  EXPECT_EQ(last, 2);
}

TEST_P(SpoolTest, SummarisesTheLatestState) {
  ASSERT_TRUE(for_test::add(*spool_, {1}, "four"));
  ASSERT_TRUE(for_test::add(*spool_, {2}, "sixsix"));
  DeliveryState state;
  state.attempts = 3;
  state.next_attempt = for_test::at_milliseconds(99);
  state.recipients.resize(1);
  ASSERT_TRUE(for_test::set(*spool_, {2}, state));
  std::vector<Summary> summaries;
  ASSERT_TRUE(spool_->for_each(
      {}, [&](const Summary& summary) { return summaries.push_back(summary), true; }, [](QueueId, const Error&) {}));
  ASSERT_EQ(summaries.size(), 2);
  EXPECT_EQ(summaries[0].attempts, 0);
  EXPECT_EQ(summaries[0].next_attempt, summaries[0].arrived);
  EXPECT_EQ(summaries[0].size, Bytes{4});
  EXPECT_EQ(summaries[1].attempts, 3);
  EXPECT_EQ(summaries[1].next_attempt, for_test::at_milliseconds(99));
  EXPECT_EQ(summaries[1].size, Bytes{6});
}

TEST_P(SpoolTest, KeepsTheLastStateThatWasSet) {
  ASSERT_TRUE(for_test::add(*spool_, {1}, "x"));
  for (std::uint32_t attempt = 1; attempt <= 3; ++attempt) {
    DeliveryState state;
    state.attempts = attempt;
    state.recipients = {{RecipientStatus::kPending, {451, {4, 3, 0}, "Try " + std::to_string(attempt)}}};
    ASSERT_TRUE(for_test::set(*spool_, {1}, state));
    const auto stored = spool_->load({1});
    ASSERT_TRUE(stored);
    EXPECT_EQ(stored->state.attempts, attempt);
    EXPECT_EQ(stored->state.recipients, state.recipients);
  }
}

TEST_P(SpoolTest, RemovesEnvelopeStateAndContent) {
  std::uint64_t id = 0;
  for (const std::size_t size : {10U, 10'000U, 100'000U}) {
    const QueueId queue_id{++id};
    ASSERT_TRUE(for_test::add(*spool_, queue_id, content(size)));
    ASSERT_TRUE(for_test::set(*spool_, queue_id, {}));
    ASSERT_TRUE(for_test::remove(*spool_, queue_id));
    EXPECT_EQ(spool_->load(queue_id).error().fault, Fault::kNotFound);
    EXPECT_EQ(spool_->open_body(queue_id).error().fault, Fault::kNotFound);
  }
  EXPECT_TRUE(ids().empty());
  EXPECT_EQ(spool_->usage().messages, 0);
  EXPECT_EQ(spool_->usage().content, Bytes{});
  EXPECT_EQ(spool_->last_id(), QueueId{3});
}

TEST_P(SpoolTest, RetiresAMessageAndStoresItsReportInOneChange) {
  ASSERT_TRUE(for_test::add(*spool_, {1}, "original"));
  auto report = for_test::message(*spool_, {2}, "report");
  ASSERT_TRUE(report);
  report->record.envelope.reverse_path.reset();
  Change change;
  change.add.push_back(*std::move(report));
  change.set.emplace_back(QueueId{1}, DeliveryState{});
  change.remove.push_back({1});
  ASSERT_TRUE(for_test::commit(*spool_, std::move(change)));
  EXPECT_EQ(ids(), std::vector<QueueId>{{2}});
  EXPECT_FALSE(spool_->load({2})->record.envelope.reverse_path.has_value());
}

TEST_P(SpoolTest, RefusesAWholeChangeThatNamesAMessageItDoesNotHave) {
  for (const bool is_removal : {false, true}) {
    auto report = for_test::message(*spool_, {2}, content(50'000));
    ASSERT_TRUE(report);
    Change change;
    change.add.push_back(*std::move(report));
    if (is_removal)
      change.remove.push_back({1});
    else
      change.set.emplace_back(QueueId{1}, DeliveryState{});
    const auto result = for_test::commit(*spool_, std::move(change));
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().fault, Fault::kNotFound);
    EXPECT_TRUE(ids().empty());
  }
  EXPECT_EQ(spool_->usage().commits, 0);
  EXPECT_TRUE(for_test::add(*spool_, {3}, "the next one is not affected"));
}

TEST_P(SpoolTest, RefusesToStoreOneIdTwice) {
  ASSERT_TRUE(for_test::add(*spool_, {1}, "first"));
  const auto again = for_test::add(*spool_, {1}, "second");
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().fault, Fault::kInternal);
  EXPECT_EQ(for_test::read(*spool_, {1}), "first");
}

TEST_P(SpoolTest, LetsAReaderFinishAfterTheRemoval) {
  for (const std::size_t size : {100U, 20'000U, 900'000U}) {
    const std::string octets = content(size);
    ASSERT_TRUE(for_test::add(*spool_, {size}, octets));
    auto source = spool_->open_body({size});
    ASSERT_TRUE(source);
    ASSERT_TRUE((*source)->next());
    ASSERT_TRUE(for_test::remove(*spool_, {size}));
    // Whatever room the removal freed is offered to others, who fill it with something else.
    for (std::uint64_t other = 1; other <= 4; ++other)
      ASSERT_TRUE(for_test::add(*spool_, {other}, content(700'000, 99)));
    ASSERT_TRUE((*source)->rewind());
    EXPECT_TRUE(for_test::read(**source) == octets) << size;
    for (std::uint64_t other = 1; other <= 4; ++other) ASSERT_TRUE(for_test::remove(*spool_, {other}));
  }
}

TEST_P(SpoolTest, GivesBackWhatAnUnusedWriterTook) {
  for (int round = 0; round < 20; ++round) {
    auto body = spool_->reserve({3'000'000});
    ASSERT_TRUE(body) << body.error().text;
    ASSERT_TRUE((*body)->append(content(3'000'000)));
  }
  EXPECT_EQ(spool_->usage().messages, 0);
  EXPECT_EQ(spool_->usage().content, Bytes{});
  EXPECT_TRUE(ids().empty());
}

TEST_P(SpoolTest, KeepsInterleavedLargeContentsApart) {
  constexpr std::size_t kWriters = 20;
  constexpr std::size_t kSize = 700'000;
  std::vector<std::string> contents;
  std::vector<std::unique_ptr<BodyWriter>> writers;
  for (std::size_t i = 0; i < kWriters; ++i) {
    contents.push_back(content(kSize + i, i));
    auto body = spool_->reserve({contents.back().size()});
    ASSERT_TRUE(body);
    writers.push_back(*std::move(body));
  }
  for (std::size_t at = 0; at < kSize + kWriters; at += 10'000)
    for (std::size_t i = 0; i < kWriters; ++i)
      if (at < contents[i].size()) ASSERT_TRUE(writers[i]->append(std::string_view(contents[i]).substr(at, 10'000)));
  for (std::size_t i = 0; i < kWriters; ++i) {
    Change change;
    change.add.push_back({for_test::record({i + 1}), std::move(writers[i])});
    ASSERT_TRUE(for_test::commit(*spool_, std::move(change)));
    if (i % 2 == 1) ASSERT_TRUE(for_test::remove(*spool_, {i}));
  }
  for (std::size_t i = 1; i < kWriters; i += 2) EXPECT_TRUE(for_test::read(*spool_, {i + 1}) == contents[i]) << i;
}

TEST_P(SpoolTest, AnswersEveryCommitOnceInOrderAndCountsSyncs) {
  constexpr std::uint64_t kThreads = 8;
  constexpr std::uint64_t kEach = 100;
  std::atomic<std::uint64_t> answered = 0;
  std::atomic<bool> is_ordered = true;
  // Per thread, because only the commits of one thread have an order among themselves. Written by the commit thread
  // alone.
  std::array<std::uint64_t, kThreads> last = {};
  {
    std::vector<std::jthread> threads;
    for (std::uint64_t thread = 0; thread < kThreads; ++thread)
      threads.emplace_back([&, thread] {
        for (std::uint64_t i = 1; i <= kEach; ++i) {
          auto made = for_test::message(*spool_, {thread * 1000 + i}, content(i % 10 == 0 ? 40'000 : 500));
          if (!made) return;
          Change change;
          change.add.push_back(*std::move(made));
          spool_->commit(std::move(change), [&, thread, i](const Result<void>& result) {
            if (!result || last.at(thread) != i - 1) is_ordered = false;
            last.at(thread) = i;
            ++answered;
          });
        }
      });
  }
  ASSERT_TRUE(for_test::add(*spool_, {1'000'000}, "last"));  // answered after all of the above
  EXPECT_EQ(answered, kThreads * kEach);
  EXPECT_TRUE(is_ordered);
  const Usage usage = spool_->usage();
  EXPECT_EQ(usage.commits, kThreads * kEach + 1);
  EXPECT_LE(usage.syncs, usage.commits);
  EXPECT_EQ(usage.messages, kThreads * kEach + 1);
  EXPECT_EQ(ids().size(), kThreads * kEach + 1);
}

TEST_P(SpoolTest, AnswersEverythingBeforeItIsDestroyed) {
  constexpr int kCommits = 200;
  std::atomic<int> answered = 0;
  for (std::uint64_t id = 1; id <= kCommits; ++id) {
    auto made = for_test::message(*spool_, {id}, "x");
    ASSERT_TRUE(made);
    Change change;
    change.add.push_back(*std::move(made));
    spool_->commit(std::move(change), [&](const Result<void>& result) { answered += result ? 1 : 0; });
  }
  spool_.reset();
  EXPECT_EQ(answered, kCommits);
}

TEST_P(SpoolTest, CarriesOutChangesOfOneMessageInTheOrderOfCommit) {
  std::promise<void> done;
  for (std::uint64_t id = 1; id <= 50; ++id) {
    auto made = for_test::message(*spool_, {id}, content(id % 2 == 0 ? 50'000 : 10));
    ASSERT_TRUE(made);
    Change added;
    added.add.push_back(*std::move(made));
    Change attempted;
    attempted.set.emplace_back(QueueId{id}, DeliveryState{});
    Change removed;
    removed.remove.push_back({id});
    for (Change* change : {&added, &attempted, &removed})
      spool_->commit(std::move(*change),
                     [](const Result<void>& result) { EXPECT_TRUE(result) << result.error().text; });
  }
  ASSERT_TRUE(for_test::add(*spool_, {1000}, "last"));
  EXPECT_EQ(ids(), std::vector<QueueId>{{1000}});
}

}  // namespace
}  // namespace sealpost::spool
