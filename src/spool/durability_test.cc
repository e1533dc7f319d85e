// What only a spool on a disk promises: everything that was answered with success is there after a stop, a power cut or
// a failed sync, and nothing else is.
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "spool/directory_for_test.h"
#include "spool/message_for_test.h"
#include "spool/spool.h"
#include "spool/watched_disk_for_test.h"

namespace sealpost::spool {
namespace {

using for_test::content;

RocksdbOptions options_for(const std::string& directory) {
  RocksdbOptions options;
  options.directory = directory;
  options.segment_size = {1 << 20};
  return options;
}

std::unique_ptr<Spool> open(const std::string& directory, const DiskSeams& seams = {}) {
  auto opened = open_rocksdb_spool(options_for(directory), seams);
  EXPECT_TRUE(opened) << opened.error().text;
  return opened ? *std::move(opened) : nullptr;
}

std::size_t segments_in(const std::string& directory) {
  const std::filesystem::directory_iterator files(directory + "/segments");
  return static_cast<std::size_t>(std::distance(begin(files), end(files)));
}

std::vector<std::uint64_t> ids(Spool& spool) {
  std::vector<std::uint64_t> found;
  EXPECT_TRUE(spool.for_each(
      {}, [&](const Summary& summary) { return found.push_back(summary.id.value), true; },
      [](QueueId id, const Error& error) { ADD_FAILURE() << id.to_string() << error.text; }));
  return found;
}

TEST(Durability, FindsEverythingAfterAStopAndNothingElse) {
  const for_test::Directory directory;
  const std::vector<std::size_t> sizes = {0, 100, 4097, 32768, 32769, 3'000'000};
  {
    const auto spool = open(directory.path());
    for (std::uint64_t id = 1; id <= sizes.size(); ++id)
      ASSERT_TRUE(for_test::add(*spool, {id}, content(sizes[id - 1], id)));
    DeliveryState state;
    state.attempts = 2;
    ASSERT_TRUE(for_test::set(*spool, {2}, state));
    ASSERT_TRUE(for_test::add(*spool, {50}, content(100'000)));
    ASSERT_TRUE(for_test::remove(*spool, {50}));
    ASSERT_TRUE(for_test::message(*spool, {60}, content(100'000)));  // never committed
  }
  const auto spool = open(directory.path());
  EXPECT_EQ(ids(*spool), (std::vector<std::uint64_t>{1, 2, 3, 4, 5, 6}));
  for (std::uint64_t id = 1; id <= sizes.size(); ++id)
    EXPECT_TRUE(for_test::read(*spool, {id}) == content(sizes[id - 1], id)) << id;
  EXPECT_EQ(spool->load({2})->state.attempts, 2);
  EXPECT_EQ(spool->load({1})->state.attempts, 0);
  EXPECT_EQ(spool->last_id(), QueueId{6});
  EXPECT_EQ(spool->usage().messages, 6);
  EXPECT_EQ(spool->usage().content, Bytes{0 + 100 + 4097 + 32768 + 32769 + 3'000'000});
}

TEST(Durability, KeepsAllSegmentsOfStoredMessagesWhenItIsClosed) {
  const for_test::Directory directory;
  {
    const auto spool = open(directory.path());
    for (std::uint64_t id = 1; id <= 12; ++id) ASSERT_TRUE(for_test::add(*spool, {id}, content(900'000, id)));
  }
  const auto spool = open(directory.path());
  for (std::uint64_t id = 1; id <= 12; ++id) EXPECT_TRUE(for_test::read(*spool, {id}) == content(900'000, id)) << id;
}

TEST(Durability, RemovesWhatAnEarlierRunStored) {
  const for_test::Directory directory;
  const std::vector<std::size_t> sizes = {100, 10'000, 100'000};
  {
    const auto spool = open(directory.path());
    for (std::uint64_t id = 1; id <= 3; ++id) {
      ASSERT_TRUE(for_test::add(*spool, {id}, content(sizes[id - 1])));
      ASSERT_TRUE(for_test::set(*spool, {id}, {}));
    }
  }
  {
    const auto spool = open(directory.path());
    for (std::uint64_t id = 1; id <= 3; ++id) ASSERT_TRUE(for_test::remove(*spool, {id}));
  }
  const auto spool = open(directory.path());
  EXPECT_TRUE(ids(*spool).empty());
  EXPECT_EQ(spool->usage().content, Bytes{});
}

TEST(Durability, WritesTheSamePagesAgainWhenNobodyNeedsThem) {
  const for_test::Directory directory;
  const auto spool = open(directory.path());
  for (std::uint64_t id = 1; id <= 50; ++id) {
    ASSERT_TRUE(for_test::add(*spool, {id}, content(600'000, id)));
    EXPECT_TRUE(for_test::read(*spool, {id}) == content(600'000, id));
    ASSERT_TRUE(for_test::remove(*spool, {id}));
  }
  EXPECT_LE(segments_in(directory.path()), 2);
}

TEST(Durability, GivesTheRoomOfABurstBack) {
  const for_test::Directory directory;
  const auto spool = open(directory.path());
  for (std::uint64_t id = 1; id <= 20; ++id) ASSERT_TRUE(for_test::add(*spool, {id}, content(900'000, id)));
  EXPECT_GE(segments_in(directory.path()), 15);
  for (std::uint64_t id = 1; id <= 20; ++id) ASSERT_TRUE(for_test::remove(*spool, {id}));
  ASSERT_TRUE(for_test::add(*spool, {21}, "the answer comes after the release of what went before"));
  EXPECT_LE(segments_in(directory.path()), 5);
}

TEST(Durability, ReclaimsSegmentsThatNoRecordNames) {
  const for_test::Directory directory;
  {
    const auto spool = open(directory.path());
    ASSERT_TRUE(for_test::add(*spool, {1}, content(100'000)));
    std::vector<Result<NewMessage>> abandoned;
    for (std::uint64_t id = 2; id <= 20; ++id) {
      abandoned.push_back(for_test::message(*spool, {id}, content(900'000)));
      ASSERT_TRUE(abandoned.back());
    }
    std::filesystem::copy(directory.path(), directory.path() + ".crashed", std::filesystem::copy_options::recursive);
  }
  EXPECT_GE(segments_in(directory.path() + ".crashed"), 15);
  const auto spool = open(directory.path() + ".crashed");
  EXPECT_LE(segments_in(directory.path() + ".crashed"), 5);
  EXPECT_TRUE(for_test::read(*spool, {1}) == content(100'000));
}

TEST(Durability, GoesOnFillingTheSegmentOfAnEarlierRun) {
  const for_test::Directory directory;
  for (std::uint64_t id = 1; id <= 8; ++id)
    ASSERT_TRUE(for_test::add(*open(directory.path()), {id}, content(100'000, id)));
  EXPECT_EQ(segments_in(directory.path()), 1);
  const auto spool = open(directory.path());
  for (std::uint64_t id = 1; id <= 8; ++id) EXPECT_TRUE(for_test::read(*spool, {id}) == content(100'000, id)) << id;
}

TEST(Durability, SyncsContentsBeforeTheRecordsThatNameThem) {
  const for_test::Directory directory;
  for_test::WatchedDisk disk(directory.path(), directory.path() + ".survivor");
  const auto spool = open(directory.path(), disk.seams());
  disk.forget_order();
  ASSERT_TRUE(for_test::add(*spool, {1}, content(100'000)));
  EXPECT_EQ(disk.order(), "sl");
  ASSERT_TRUE(for_test::add(*spool, {2}, content(1'000)));
  EXPECT_EQ(disk.order(), "sll");
  ASSERT_TRUE(for_test::remove(*spool, {1}));
  EXPECT_EQ(disk.order(), "slll");
}

// Every change is followed by a power cut: what the disk had synced by then is opened as a spool of its own.
TEST(Durability, SurvivesAPowerCutAfterEveryAnswer) {
  const for_test::Directory directory;
  const std::string survivor = directory.path() + ".survivor";
  const std::string after_cut = directory.path() + ".after";
  for_test::WatchedDisk disk(directory.path(), survivor);
  const auto spool = open(directory.path(), disk.seams());
  std::filesystem::copy_file(directory.path() + "/format", survivor + "/format");
  std::map<std::uint64_t, std::size_t> expected;
  std::mt19937_64 random(20261123);
  for (std::uint64_t id = 1; id <= 40; ++id) {
    if (!expected.empty() && random() % 3 == 0) {
      const std::uint64_t victim =
          std::next(expected.begin(), static_cast<std::ptrdiff_t>(random() % expected.size()))->first;
      ASSERT_TRUE(for_test::remove(*spool, {victim}));
      expected.erase(victim);
    } else {
      const std::size_t size = std::array<std::size_t, 4>{500, 10'000, 50'000, 400'000}.at(random() % 4);
      ASSERT_TRUE(for_test::add(*spool, {id}, content(size, id)));
      expected.emplace(id, size);
    }
    std::filesystem::remove_all(after_cut);
    std::filesystem::copy(survivor, after_cut, std::filesystem::copy_options::recursive);
    const auto survived = open(after_cut);
    ASSERT_TRUE(survived);
    ASSERT_EQ(survived->usage().messages, expected.size());
    for (const auto& [kept, size] : expected)
      ASSERT_TRUE(for_test::read(*survived, {kept}) == content(size, kept)) << kept;
  }
}

TEST(Durability, AnswersNothingWithSuccessAfterAFailedSyncOfTheLog) {
  const for_test::Directory directory;
  for_test::WatchedDisk disk(directory.path(), directory.path() + ".survivor");
  auto spool = open(directory.path(), disk.seams());
  ASSERT_TRUE(for_test::add(*spool, {1}, "before"));
  disk.fails_log_sync = true;
  EXPECT_FALSE(for_test::add(*spool, {2}, "during"));
  disk.fails_log_sync = false;
  auto reserved = spool->reserve({10});
  EXPECT_FALSE(reserved);
  EXPECT_FALSE(for_test::remove(*spool, {1}));
  spool.reset();
  EXPECT_EQ(for_test::read(*open(directory.path()), {1}), "before");
}

TEST(Durability, AnswersNothingWithSuccessAfterAFailedSyncOfASegment) {
  const for_test::Directory directory;
  for_test::WatchedDisk disk(directory.path(), directory.path() + ".survivor");
  auto spool = open(directory.path(), disk.seams());
  auto late = for_test::message(*spool, {3}, "late");
  ASSERT_TRUE(late);
  disk.fails_segment_sync = true;
  EXPECT_FALSE(for_test::add(*spool, {2}, content(100'000)));
  disk.fails_segment_sync = false;
  Change change;
  change.add.push_back(*std::move(late));
  EXPECT_FALSE(for_test::commit(*spool, std::move(change)));
  spool.reset();
  EXPECT_TRUE(ids(*open(directory.path())).empty()) << "a record must not name what was not synced";
}

TEST(Durability, KeepsTheRoomOfARemovalThatMayNotBeDurable) {
  const for_test::Directory directory;
  const std::string survivor = directory.path() + ".survivor";
  for_test::WatchedDisk disk(directory.path(), survivor);
  auto spool = open(directory.path(), disk.seams());
  // The first fills a segment to its last pages, the second has the one that is being filled to itself.
  ASSERT_TRUE(for_test::add(*spool, {1}, content(1'040'000)));
  ASSERT_TRUE(for_test::add(*spool, {2}, content(500'000)));
  auto writer = spool->reserve({5'000'000});
  ASSERT_TRUE(writer);
  disk.fails_log_sync = true;
  Change change;
  change.remove = {{1}, {2}};
  EXPECT_FALSE(for_test::commit(*spool, std::move(change)));
  EXPECT_FALSE(for_test::remove(*spool, {1}));  // answered after the first change was let go
  ASSERT_TRUE((*writer)->append(content(5'000'000, 2)));
  // The log had not reached the disk, the pages of the segments had.
  std::filesystem::copy_file(directory.path() + "/format", survivor + "/format");
  std::filesystem::remove_all(survivor + "/segments");
  std::filesystem::copy(directory.path() + "/segments", survivor + "/segments");
  const auto survived = open(survivor);
  EXPECT_TRUE(for_test::read(*survived, {1}) == content(1'040'000));
  EXPECT_TRUE(for_test::read(*survived, {2}) == content(500'000));
}

TEST(Durability, MakesItsDirectoriesPrivate) {
  const for_test::Directory directory;
  const auto spool = open(directory.path());
  for (const char* part : {"", "/index", "/segments"}) {
    struct stat facts = {};
    ASSERT_EQ(::stat((directory.path() + part).c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 07777, 0700) << part;
  }
}

TEST(Durability, RefusesASecondOpener) {
  const for_test::Directory directory;
  const auto spool = open(directory.path());
  const auto second = open_rocksdb_spool(options_for(directory.path()));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().fault, Fault::kConfiguration);
  EXPECT_NE(second.error().text.find("another process"), std::string::npos) << second.error().text;
}

TEST(Durability, RefusesWhatIsNotASpoolOfItsFormat) {
  const for_test::Directory directory;
  {
    const auto spool = open(directory.path());
  }
  std::ofstream(directory.path() + "/format") << "sealpost spool 2\n";
  auto newer = open_rocksdb_spool(options_for(directory.path()));
  ASSERT_FALSE(newer);
  EXPECT_EQ(newer.error().fault, Fault::kConfiguration);
  std::filesystem::remove(directory.path() + "/format");
  EXPECT_EQ(open_rocksdb_spool(options_for(directory.path())).error().fault, Fault::kConfiguration);
  std::ofstream(directory.path() + ".file") << "not a directory";
  EXPECT_EQ(open_rocksdb_spool(options_for(directory.path() + ".file")).error().fault, Fault::kConfiguration);
}

TEST(Durability, RefusesAMessageBeforeItIsSentWhenItHasNoRoom) {
  const for_test::Directory directory;
  RocksdbOptions options = options_for(directory.path());
  options.in_memory_content_max = {100'000};
  const auto spool = open_rocksdb_spool(options);
  ASSERT_TRUE(spool);
  auto first = (*spool)->reserve({60'000});
  ASSERT_TRUE(first);
  auto second = (*spool)->reserve({40'000});
  ASSERT_TRUE(second);
  EXPECT_EQ((*spool)->reserve({1}).error().fault, Fault::kResource);
  (*second).reset();
  EXPECT_TRUE((*spool)->reserve({40'000}));
  // A content that grows beyond what was declared is held to the same budget.
  auto small = (*spool)->reserve({1'000});
  ASSERT_TRUE(small);
  ASSERT_TRUE((*small)->append(content(40'000)));
  EXPECT_EQ((*small)->append("x").error().fault, Fault::kResource);
  Change change;
  change.add.push_back({for_test::record({1}), *std::move(small)});
  EXPECT_FALSE(for_test::commit(**spool, std::move(change))) << "a content that lost octets must not be stored";
  EXPECT_TRUE(for_test::add(**spool, {2}, "the budget is free again"));
}

TEST(Durability, RefusesAMessageWhenTheDiskIsNearlyFull) {
  const for_test::Directory directory;
  RocksdbOptions options = options_for(directory.path());
  const std::uint64_t free = std::filesystem::space("/tmp").available;
  options.free_space_min = {free + (free >> 1)};
  const auto spool = open_rocksdb_spool(options);
  ASSERT_TRUE(spool);
  EXPECT_EQ((*spool)->reserve({1}).error().fault, Fault::kResource);
  EXPECT_EQ((*spool)->reserve({UINT64_MAX}).error().fault, Fault::kResource);
}

}  // namespace
}  // namespace sealpost::spool
