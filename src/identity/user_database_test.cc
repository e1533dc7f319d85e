#include "identity/user_database.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "identity/injection_corpus_for_test.h"

namespace sealpost::identity {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr WallTime kMonday{std::chrono::milliseconds(1'795'000'000'000)};
constexpr WallTime kTuesday = kMonday + std::chrono::hours(24);

class Users : public testing::Test {
 protected:
  Users() {
    std::string name = (std::filesystem::temp_directory_path() / "sealpost-users-XXXXXX").string();
    directory_ = mkdtemp(name.data());
    file_ = (directory_ / "users.db").string();
  }
  ~Users() override { std::filesystem::remove_all(directory_); }

  UserDatabase open() {
    Result<UserDatabase> database = UserDatabase::open(file_, UserDatabase::Open::kCreateIfNone);
    EXPECT_TRUE(database) << database.error().text;
    return std::move(*database);
  }

  std::filesystem::path directory_;
  std::string file_;
};

TEST_F(Users, AnAddedUserIsFoundAsAdded) {
  UserDatabase users = open();
  ASSERT_TRUE(users.add("Ann@Example.com", "hash", kMonday));
  const auto found = users.find("Ann@Example.com");
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->name, "Ann@Example.com");
  EXPECT_EQ((*found)->password_hash, "hash");
  EXPECT_TRUE((*found)->is_enabled);
  EXPECT_EQ((*found)->created, kMonday);
  EXPECT_EQ((*found)->changed, kMonday);
}

TEST_F(Users, NamesAreOneWhateverTheirAsciiCase) {
  UserDatabase users = open();
  ASSERT_TRUE(users.add("Ann@Example.com", "hash", kMonday));
  EXPECT_TRUE(*users.find("ann@EXAMPLE.COM"));
  const auto again = users.add("ANN@example.com", "other", kMonday);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().text, "there is already a user Ann@Example.com; use set-password to change it");
  EXPECT_EQ((*users.find("ann@example.com"))->password_hash, "hash");
}

TEST_F(Users, APrefixIsAnotherUser) {
  UserDatabase users = open();
  ASSERT_TRUE(users.add("ann@example.com", "1", kMonday));
  ASSERT_TRUE(users.add("ann@example.com.org", "2", kMonday));
  EXPECT_EQ((*users.find("ann@example.com"))->password_hash, "1");
  EXPECT_EQ((*users.find("ann@example.com.org"))->password_hash, "2");
  EXPECT_FALSE(*users.find("ann@example.co"));
}

TEST_F(Users, ChangesReachTheirUserAlone) {
  UserDatabase users = open();
  ASSERT_TRUE(users.add("ann", "a", kMonday));
  ASSERT_TRUE(users.add("bob", "b", kMonday));
  ASSERT_TRUE(users.set_password("ann", "a2", kTuesday));
  ASSERT_TRUE(users.set_enabled("ANN", false, kTuesday));
  const auto ann = *users.find("ann");
  EXPECT_EQ(ann->password_hash, "a2");
  EXPECT_FALSE(ann->is_enabled);
  EXPECT_EQ(ann->created, kMonday);
  EXPECT_EQ(ann->changed, kTuesday);
  const auto bob = *users.find("bob");
  EXPECT_EQ(bob->password_hash, "b");
  EXPECT_TRUE(bob->is_enabled);
  EXPECT_EQ(bob->changed, kMonday);
  ASSERT_TRUE(users.remove("ann"));
  EXPECT_FALSE(*users.find("ann"));
  EXPECT_TRUE(*users.find("bob"));
}

TEST_F(Users, WhoIsNotThereIsNotChanged) {
  UserDatabase users = open();
  for (const Result<void>& result :
       {users.set_password("zoe", "h", kMonday), users.set_enabled("zoe", true, kMonday), users.remove("zoe")}) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().fault, Fault::kNotFound);
    EXPECT_EQ(result.error().text, "there is no user zoe");
  }
}

TEST_F(Users, ListIsInTheOrderOfNames) {
  UserDatabase users = open();
  for (const char* name : {"bob", "Ann", "carl"}) ASSERT_TRUE(users.add(name, "h", kMonday));
  std::vector<std::string> names;
  for (const User& user : *users.list()) names.push_back(user.name);
  EXPECT_THAT(names, ElementsAre("Ann", "bob", "carl"));
}

TEST_F(Users, HostileNamesAreJustNames) {
  UserDatabase users = open();
  ASSERT_TRUE(users.add("ann@example.com", "hash", kMonday));
  for (const std::string_view name : kHostileNames) {
    EXPECT_FALSE(*users.find(name)) << name;
    EXPECT_FALSE(users.remove(name)) << name;
    ASSERT_TRUE(users.add(name, "other", kMonday)) << name;
    EXPECT_EQ((*users.find(name))->name, name);
  }
  EXPECT_EQ((*users.find("ann@example.com"))->password_hash, "hash");
  EXPECT_EQ(users.list()->size(), kHostileNames.size() + 1);
}

TEST_F(Users, ANameHas1To255OctetsOfCleanUtf8) {
  UserDatabase users = open();
  EXPECT_TRUE(users.add(std::string(255, 'a'), "h", kMonday));
  for (const std::string& name :
       {std::string(256, 'a'), std::string(), std::string("a\0b", 3), std::string("a\nb"), std::string("a\x7f"),
        std::string("\xff"), std::string(" ann"), std::string("ann ")}) {
    EXPECT_FALSE(users.add(name, "h", kMonday)) << name;
    EXPECT_FALSE(*users.find(name)) << name;
  }
  EXPECT_TRUE(users.add("jürgen@bücher.example", "h", kMonday));
}

TEST_F(Users, TheFileIsForItsOwnerAlone) {
  const mode_t before = umask(0);
  UserDatabase users = open();
  ASSERT_TRUE(users.add("ann", "h", kMonday));
  umask(before);
  for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
    struct stat status{};
    ASSERT_EQ(stat(entry.path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600) << entry.path();
  }
}

TEST_F(Users, ASecondConnectionSeesAChangeAtOnce) {
  UserDatabase server = open();
  UserDatabase tool = open();
  ASSERT_TRUE(tool.add("ann", "h", kMonday));
  EXPECT_TRUE(*server.find("ann"));
  ASSERT_TRUE(tool.set_enabled("ann", false, kTuesday));
  EXPECT_FALSE((*server.find("ann"))->is_enabled);
}

TEST_F(Users, TheFileAloneIsTheWholeDatabaseAfterEveryChange) {
  const UserDatabase server = open();
  UserDatabase tool = open();
  ASSERT_TRUE(tool.add("ann", "h", kMonday));
  std::filesystem::copy_file(file_, file_ + ".copy");
  UserDatabase copy = *UserDatabase::open(file_ + ".copy", UserDatabase::Open::kExisting);
  EXPECT_TRUE(*copy.find("ann"));
}

TEST_F(Users, AMissingFileIsNotMadeUnlessAskedFor) {
  const auto database = UserDatabase::open(file_, UserDatabase::Open::kExisting);
  ASSERT_FALSE(database);
  EXPECT_EQ(database.error().fault, Fault::kNotFound);
  EXPECT_THAT(database.error().text, HasSubstr(file_));
  EXPECT_FALSE(std::filesystem::exists(file_));
}

TEST_F(Users, AFileThatIsNoDatabaseIsCorruptAndLeftAlone) {
  std::ofstream(file_) << std::string(4096, 'x');
  const auto database = UserDatabase::open(file_, UserDatabase::Open::kCreateIfNone);
  ASSERT_FALSE(database);
  EXPECT_EQ(database.error().fault, Fault::kCorruption);
  EXPECT_THAT(database.error().text, HasSubstr(file_));
  EXPECT_EQ(std::filesystem::file_size(file_), 4096);
}

TEST_F(Users, AReplacedFileIsNoticed) {
  UserDatabase users = open();
  EXPECT_TRUE(users.is_current());
  std::filesystem::rename(file_, file_ + ".old");
  EXPECT_FALSE(users.is_current());
  const UserDatabase other = open();
  EXPECT_FALSE(users.is_current());
  EXPECT_TRUE(other.is_current());
}

}  // namespace
}  // namespace sealpost::identity
