// Flipped bits on the disk: found, reported, and harmless to everything beside them.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include <gtest/gtest.h>

#include "spool/directory_for_test.h"
#include "spool/message_for_test.h"
#include "spool/spool.h"

namespace sealpost::spool {
namespace {

using for_test::content;
using Path = std::filesystem::path;

constexpr std::uint64_t kMessages = 30;

std::string text_of(std::uint64_t id) { return "message number " + std::to_string(id) + content(300, id); }
std::string apart_of(std::uint64_t id) { return "apart number " + std::to_string(id) + content(9'000, id); }
std::string large_of(std::uint64_t id) { return "large number " + std::to_string(id) + content(70'000, id); }

// Ids 1…30 stand together, 101…130 apart, 201…230 in segments.
std::string content_of(std::uint64_t id) { return id < 100 ? text_of(id) : id < 200 ? apart_of(id) : large_of(id); }

std::vector<std::uint64_t> all_ids() {
  std::vector<std::uint64_t> ids;
  for (const std::uint64_t base : {0U, 100U, 200U})
    for (std::uint64_t i = 1; i <= kMessages; ++i) ids.push_back(base + i);
  return ids;
}

Result<std::unique_ptr<Spool>> open(const std::string& directory) {
  RocksdbOptions options;
  options.directory = directory;
  options.segment_size = {1 << 20};
  return open_rocksdb_spool(options);
}

void fill(const std::string& directory) {
  const auto spool = open(directory);
  ASSERT_TRUE(spool);
  for (const std::uint64_t id : all_ids()) ASSERT_TRUE(for_test::add(**spool, {id}, content_of(id)));
  DeliveryState state;
  state.attempts = 3;
  state.recipients = {{RecipientStatus::kPending, {451, {4, 0, 0}, "the reply of number 7"}}};
  ASSERT_TRUE(for_test::set(**spool, {7}, state));
}

std::string slurp(const Path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void flip(const Path& path, std::size_t offset) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekg(static_cast<std::streamoff>(offset));
  const int octet = file.get();
  file.seekp(static_cast<std::streamoff>(offset));
  file.put(static_cast<char>(octet ^ 0x10));
}

/// Flips one bit of the first place below `directory` where `needle` stands.
void damage(const std::string& directory, std::string_view needle) {
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    if (!entry.is_regular_file()) continue;
    const std::size_t at = slurp(entry.path()).find(needle);
    if (at == std::string::npos) continue;
    return flip(entry.path(), at);
  }
  FAIL() << "not on the disk: " << needle;
}

struct Seen {
  std::vector<std::uint64_t> good;
  std::vector<std::uint64_t> damaged;
};

Seen visit(Spool& spool, QueueId after = {}, std::uint64_t last = UINT64_MAX) {
  Seen seen;
  EXPECT_TRUE(spool.for_each(
      after, [&](const Summary& summary) { return seen.good.push_back(summary.id.value), summary.id.value < last; },
      [&](QueueId id, const Error& error) {
        EXPECT_EQ(error.fault, Fault::kCorruption);
        seen.damaged.push_back(id.value);
      }));
  return seen;
}

void expect_others_intact(Spool& spool, std::uint64_t victim) {
  for (const std::uint64_t id : all_ids())
    if (id != victim) EXPECT_TRUE(for_test::read(spool, {id}) == content_of(id)) << id;
}

TEST(Damage, OfAnEnvelopeIsReportedAndTheRestGoesOn) {
  const for_test::Directory directory;
  {
    const auto spool = open(directory.path());
    ASSERT_TRUE(spool);
    for (std::uint64_t id = 1; id <= 5; ++id) {
      auto made = for_test::message(**spool, {id}, text_of(id));
      ASSERT_TRUE(made);
      made->record.account = "account number " + std::to_string(id);
      Change change;
      change.add.push_back(*std::move(made));
      ASSERT_TRUE(for_test::commit(**spool, std::move(change)));
    }
  }
  damage(directory.path(), "account number 3");
  const auto spool = open(directory.path());
  ASSERT_TRUE(spool) << spool.error().text;
  const Seen seen = visit(**spool);
  EXPECT_EQ(seen.damaged, (std::vector<std::uint64_t>{3, 0})) << "0: the block is damaged, too";
  EXPECT_EQ(seen.good, (std::vector<std::uint64_t>{1, 2, 4, 5}));
  const Seen page = visit(**spool, {1}, 4);
  EXPECT_EQ(page.good, (std::vector<std::uint64_t>{2, 4}));
  EXPECT_EQ(page.damaged, (std::vector<std::uint64_t>{3, 0})) << "a visit that stops early does not hide what it met";
  EXPECT_EQ((*spool)->load({3}).error().fault, Fault::kCorruption);
  EXPECT_EQ((*spool)->open_body({3}).error().fault, Fault::kCorruption);
  EXPECT_EQ(for_test::read(**spool, {4}), text_of(4));
  // The operator's way out.
  EXPECT_TRUE(for_test::remove(**spool, {3}));
  EXPECT_EQ(visit(**spool).damaged, std::vector<std::uint64_t>{0});
}

TEST(Damage, DoesNotStopTheSpoolAfterManyRestarts) {
  const for_test::Directory directory;
  fill(directory.path());
  damage(directory.path(), "the reply of number 7");
  // Each stop writes a table; without care the fourth makes RocksDB compact, meet the damage, and refuse every write.
  for (std::uint64_t id = 1000; id < 1008; ++id) {
    const auto spool = open(directory.path());
    ASSERT_TRUE(spool) << spool.error().text;
    for (std::uint64_t i = 0; i < 3; ++i) ASSERT_TRUE(for_test::add(**spool, {id * 10 + i}, content(20'000)));
  }
  const auto spool = open(directory.path());
  ASSERT_TRUE(spool);
  expect_others_intact(**spool, 7);
}

TEST(Damage, OfAStateIsReportedInsteadOfStartingAgain) {
  const for_test::Directory directory;
  fill(directory.path());
  damage(directory.path(), "the reply of number 7");
  const auto spool = open(directory.path());
  ASSERT_TRUE(spool);
  EXPECT_EQ(visit(**spool).damaged, (std::vector<std::uint64_t>{7, 0}));
  EXPECT_EQ((*spool)->load({7}).error().fault, Fault::kCorruption);
}

TEST(Damage, OfAContentIsFoundBeforeItIsHandedOut) {
  for (const std::uint64_t victim : {5U, 105U, 205U}) {
    const for_test::Directory directory;
    fill(directory.path());
    damage(directory.path(), std::string_view(content_of(victim)).substr(0, 200));
    const auto spool = open(directory.path());
    ASSERT_TRUE(spool);
    EXPECT_EQ(for_test::read(**spool, {victim}).error().fault, Fault::kCorruption) << victim;
    EXPECT_TRUE((*spool)->load({victim})) << "the envelope is not damaged";
    expect_others_intact(**spool, victim);
  }
}

TEST(Damage, InTheSecondPieceOfAContentSparesTheFirst) {
  const for_test::Directory directory;
  fill(directory.path());
  damage(directory.path(), std::string_view(large_of(210)).substr(66'000, 100));
  const auto spool = open(directory.path());
  ASSERT_TRUE(spool);
  const auto source = (*spool)->open_body({210});
  ASSERT_TRUE(source);
  const auto first = (*source)->next();
  ASSERT_TRUE(first);
  EXPECT_EQ(*first, std::string_view(large_of(210)).substr(0, 65'536));
  EXPECT_EQ((*source)->next().error().fault, Fault::kCorruption);
}

TEST(Damage, OfASegmentThatVanishedIsReportedByTheReader) {
  const for_test::Directory directory;
  fill(directory.path());
  std::filesystem::remove(directory.path() + "/segments/00000001.segment");
  const auto spool = open(directory.path());
  ASSERT_TRUE(spool);
  const auto source = (*spool)->open_body({201});
  ASSERT_TRUE(source);
  EXPECT_EQ((*source)->next().error().fault, Fault::kCorruption);
  EXPECT_TRUE(for_test::add(**spool, {300}, large_of(300)));
  EXPECT_TRUE(for_test::read(**spool, {300}) == large_of(300));
}

TEST(Damage, KeepsTheSegmentsThatADamagedRecordMayName) {
  const for_test::Directory directory;
  {
    const auto spool = open(directory.path());
    ASSERT_TRUE(spool);
    auto made = for_test::message(**spool, {1}, large_of(1));
    ASSERT_TRUE(made);
    made->record.account = "the damaged account";
    Change change;
    change.add.push_back(*std::move(made));
    ASSERT_TRUE(for_test::commit(**spool, std::move(change)));
  }
  damage(directory.path(), "the damaged account");
  const auto spool = open(directory.path());
  ASSERT_TRUE(spool);
  for (std::uint64_t id = 2; id <= 20; ++id) ASSERT_TRUE(for_test::add(**spool, {id}, large_of(id)));
  EXPECT_NE(slurp(directory.path() + "/segments/00000001.segment").find(large_of(1)), std::string::npos);
}

// A flipped bit anywhere in a table: the spool does not open, or says which message or that some messages are damaged,
// or it did not matter. It never hands out something wrong, and never loses a message without a word.
TEST(Damage, AnywhereInATableIsNeverSilent) {
  const for_test::Directory directory;
  {
    const auto spool = open(directory.path());
    ASSERT_TRUE(spool);
    for (std::uint64_t id = 1; id <= kMessages; ++id) ASSERT_TRUE(for_test::add(**spool, {id}, text_of(id)));
  }
  Path table;
  for (const auto& entry : std::filesystem::directory_iterator(directory.path() + "/index"))
    if (entry.path().extension() == ".sst") table = entry.path();
  ASSERT_FALSE(table.empty());
  const std::size_t size = slurp(table).size();
  std::map<std::string, int> outcomes;
  for (std::size_t offset = 3; offset < size; offset += 101) {
    const std::string copy = directory.path() + ".damaged";
    std::filesystem::remove_all(copy);
    std::filesystem::copy(directory.path(), copy, std::filesystem::copy_options::recursive);
    flip(Path(copy) / "index" / table.filename(), offset);
    const auto spool = open(copy);
    if (!spool) {
      ++outcomes["refused to open"];
      continue;
    }
    std::vector<std::uint64_t> good;
    std::size_t damaged = 0;
    const auto visited = (*spool)->for_each(
        {}, [&](const Summary& summary) { return good.push_back(summary.id.value), true; },
        [&](QueueId, const Error&) { ++damaged; });
    for (const std::uint64_t id : good) {
      const auto octets = for_test::read(**spool, {id});
      if (octets)
        EXPECT_EQ(*octets, text_of(id)) << "offset " << offset;
      else
        ++damaged;
    }
    ASSERT_TRUE(visited);
    if (good.size() < kMessages) EXPECT_GE(damaged, 1) << "offset " << offset << " of " << size;
    EXPECT_GE(good.size(), kMessages - 10) << "offset " << offset << ": at most one block of 4 KiB is lost";
    ++outcomes[damaged == 0 ? "did not matter" : "reported"];
  }
  for (const auto& [outcome, count] : outcomes) RecordProperty(outcome, count);
  EXPECT_GT(outcomes["reported"], 10 * outcomes["refused to open"]);
}

}  // namespace
}  // namespace sealpost::spool
