// kill -9 at any moment: a child commits and tells through a pipe what was answered with success, the parent kills it
// and looks. Nothing that was answered is missing, nothing that was removed comes back, nothing half-written is seen.
#include <array>
#include <atomic>
#include <cstdlib>
#include <map>
#include <random>

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "spool/directory_for_test.h"
#include "spool/message_for_test.h"
#include "spool/spool.h"

namespace sealpost::spool {
namespace {

using for_test::content;

constexpr const char* kDirectoryVariable = "SEALPOST_KILL_TEST_DIRECTORY";
constexpr int kReportDescriptor = 3;
constexpr int kRounds = 30;
constexpr std::array<std::size_t, 5> kSizes = {300, 5'000, 40'000, 70'000, 300'000};

enum class Event : std::uint64_t { kAdded, kAttempted, kRemovalAsked, kRemoved };

// Smaller than PIPE_BUF, so it arrives whole or not at all.
struct Report {
  Event event;
  std::uint64_t id;
};

std::size_t size_of(std::uint64_t id) { return kSizes.at(id % kSizes.size()); }

RocksdbOptions options_for(const std::string& directory) {
  RocksdbOptions options;
  options.directory = directory;
  options.segment_size = {1 << 20};
  return options;
}

void report(Event event, std::uint64_t id) {
  const Report made{event, id};
  if (::write(kReportDescriptor, &made, sizeof made) != sizeof made) std::_Exit(1);
}

// Run by the parent in a process of its own, never by hand.
TEST(Kill, DISABLED_ChildCommitsUntilItIsKilled) {
  const char* const directory = std::getenv(kDirectoryVariable);
  ASSERT_NE(directory, nullptr);
  const auto opened = open_rocksdb_spool(options_for(directory));
  ASSERT_TRUE(opened) << opened.error().text;
  Spool& spool = **opened;
  std::atomic<int> waiting = 0;
  const auto answer = [&](Event event, std::uint64_t id) {
    ++waiting;
    return [&, event, id](const Result<void>& result) {
      if (!result) std::_Exit(1);
      report(event, id);
      --waiting;
    };
  };
  for (std::uint64_t id = spool.last_id().value + 1;; ++id) {
    auto made = for_test::message(spool, {id}, content(size_of(id), id));
    ASSERT_TRUE(made) << made.error().text;
    Change added;
    added.add.push_back(*std::move(made));
    spool.commit(std::move(added), answer(Event::kAdded, id));
    if (id % 3 == 0) {
      Change attempted;
      DeliveryState state;
      state.attempts = 1;
      attempted.set.emplace_back(QueueId{id}, state);
      spool.commit(std::move(attempted), answer(Event::kAttempted, id));
    }
    if (id % 4 != 0) {
      report(Event::kRemovalAsked, id);
      Change removed;
      removed.remove.push_back({id});
      spool.commit(std::move(removed), answer(Event::kRemoved, id));
    }
    while (waiting > 6) std::this_thread::yield();
  }
}

class Child {
 public:
  explicit Child(const std::string& directory) {
    std::array<int, 2> ends = {};
    if (::pipe(ends.data()) != 0) std::abort();
    std::string variable = std::string(kDirectoryVariable) + "=" + directory;
    process_ = ::fork();
    if (process_ == 0) {
      ::dup2(ends[1], kReportDescriptor);
      if (ends[0] != kReportDescriptor) ::close(ends[0]);
      ::putenv(variable.data());
      ::execl("/proc/self/exe", "spool_test", "--gtest_also_run_disabled_tests",
              "--gtest_filter=Kill.DISABLED_ChildCommitsUntilItIsKilled", "--gtest_brief=1", nullptr);
      std::_Exit(1);
    }
    ::close(ends[1]);
    reports_ = ends[0];
  }
  ~Child() { ::close(reports_); }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// Nothing when the child is gone.
  std::optional<Report> next() {
    Report got{};
    if (::read(reports_, &got, sizeof got) != sizeof got) return std::nullopt;
    return got;
  }
  void kill() {
    ::kill(process_, SIGKILL);
    int status = 0;
    ::waitpid(process_, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status)) << "the child failed by itself";
  }

 private:
  pid_t process_ = -1;
  int reports_ = -1;
};

struct Known {
  bool is_attempted = false;
  bool may_be_gone = false;
};

class Ledger {
 public:
  void take(const Report& got) {
    switch (got.event) {
      case Event::kAdded:
        stored_[got.id];
        break;
      case Event::kAttempted:
        stored_[got.id].is_attempted = true;
        break;
      case Event::kRemovalAsked:
        asked_.push_back(got.id);
        break;
      case Event::kRemoved:
        stored_.erase(got.id);
        removed_.push_back(got.id);
        break;
    }
  }

  /// Compares, then believes what the disk has.
  void check(Spool& spool) {
    for (const std::uint64_t id : asked_)
      if (const auto found = stored_.find(id); found != stored_.end()) found->second.may_be_gone = true;
    std::map<std::uint64_t, Known> on_disk;
    ASSERT_TRUE(spool.for_each(
        {},
        [&](const Summary& summary) {
          on_disk[summary.id.value].is_attempted = summary.attempts > 0;
          return true;
        },
        [](QueueId id, const Error& error) { ADD_FAILURE() << id.to_string() << " " << error.text; }));
    for (const auto& [id, known] : stored_) {
      if (!known.may_be_gone) EXPECT_TRUE(on_disk.contains(id)) << id << " was acknowledged and is lost";
      if (known.is_attempted && on_disk.contains(id)) EXPECT_TRUE(on_disk[id].is_attempted) << id;
    }
    for (const std::uint64_t id : removed_) EXPECT_FALSE(on_disk.contains(id)) << id << " came back";
    for (const auto& [id, known] : on_disk) {
      EXPECT_TRUE(for_test::read(spool, {id}) == content(size_of(id), id)) << id;
      EXPECT_TRUE(spool.load({id})) << id;
    }
    stored_ = on_disk;
    asked_.clear();
    removed_.clear();
  }

  std::size_t size() const { return stored_.size(); }

 private:
  std::map<std::uint64_t, Known> stored_;
  std::vector<std::uint64_t> asked_;
  std::vector<std::uint64_t> removed_;
};

TEST(Kill, LosesNothingThatWasAcknowledged) {
  const for_test::Directory directory;
  std::mt19937_64 random(20261123);
  Ledger ledger;
  for (int round = 0; round < kRounds; ++round) {
    Child child(directory.path());
    const std::uint64_t moment = random() % 150;
    for (std::uint64_t i = 0; i < moment; ++i) {
      const auto got = child.next();
      ASSERT_TRUE(got) << "the child failed by itself";
      ledger.take(*got);
    }
    // Somewhere between two reports, not always right behind one.
    for (volatile std::uint64_t spin = random() % 200'000; spin != 0;) spin = spin - 1;
    child.kill();
    while (const auto got = child.next()) ledger.take(*got);
    const auto spool = open_rocksdb_spool(options_for(directory.path()));
    ASSERT_TRUE(spool) << spool.error().text;
    ledger.check(**spool);
    if (HasFailure()) FAIL() << "round " << round;
    // Every fourth message stays; too many make the rounds slow.
    if (ledger.size() > 100) {
      Change change;
      ASSERT_TRUE((*spool)->for_each(
          {}, [&](const Summary& summary) { return change.remove.push_back(summary.id), true; },
          [](QueueId, const Error&) {}));
      ASSERT_TRUE(for_test::commit(**spool, std::move(change)));
      ledger = {};
    }
  }
}

}  // namespace
}  // namespace sealpost::spool
