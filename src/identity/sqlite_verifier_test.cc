#include "identity/sqlite_verifier.h"

#include <atomic>
#include <filesystem>
#include <fstream>
#include <latch>
#include <thread>

#include <boost/asio/co_spawn.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "identity/injection_corpus_for_test.h"

namespace sealpost::identity {
namespace {

using Answer = Result<std::optional<Principal>>;
using std::chrono::seconds;

/// A verifier over a real database; hashes are "hash of " + password unless a test says otherwise, and counted.
class Verification : public testing::Test {
 protected:
  Verification() {
    std::string name = (std::filesystem::temp_directory_path() / "sealpost-verify-XXXXXX").string();
    directory_ = mkdtemp(name.data());
    options_.database_file = (directory_ / "users.db").string();
    options_.hash_threads = 1;
    options_.check = [this](const std::string& hash, const SecretString& password) -> Result<bool> {
      ++hashes_;
      return hash == fake_hash(password.reveal());
    };
    options_.now = [this] { return SteadyTime(seconds(clock_seconds_.load())); };
    users_.emplace(*UserDatabase::open(options_.database_file, UserDatabase::Open::kCreateIfNone));
    add("ann@example.com", "secret");
  }
  ~Verification() override {
    verifier_.reset();
    users_.reset();
    std::filesystem::remove_all(directory_);
  }

  static std::string fake_hash(std::string_view password) { return "hash of " + std::string(password); }
  void add(std::string_view name, std::string_view password) {
    ASSERT_TRUE(users_->add(name, fake_hash(password), {}));
  }

  void start() {
    auto opened = SqliteVerifier::open(options_);
    ASSERT_TRUE(opened) << opened.error().text;
    verifier_ = std::move(*opened);
  }

  /// Begins a login; its answer appears in answers_ when the context runs.
  void begin(std::string name, std::string password, std::string authzid = {}) {
    sasl::PasswordCredentials credentials{std::move(authzid), std::move(name), SecretString(password)};
    const std::size_t index = begun_++;
    boost::asio::co_spawn(context_, verifier_->verify(std::move(credentials)),
                          [this, index](std::exception_ptr failure, Answer answer) {
                            EXPECT_FALSE(failure);
                            EXPECT_EQ(std::this_thread::get_id(), home_);
                            answers_.insert_or_assign(index, std::move(answer));
                          });
    // Runs the task up to its waiting, so that logins reach the verifier in the order in which they begin.
    context_.restart();
    context_.poll();
  }
  void run() {
    context_.restart();
    context_.run();
  }
  /// "ann@example.com", "refused", or the text of the error.
  std::string log_in(std::string name, std::string password, std::string authzid = {}) {
    if (!verifier_) start();
    const std::size_t index = begun_;
    begin(std::move(name), std::move(password), std::move(authzid));
    run();
    return told(answers_.at(index));
  }
  /// Hashes wait for release_when_all_are_looked_up(), and then end in `outcome` if there is one.
  void hold_hashes(std::optional<Result<bool>> outcome = std::nullopt) {
    options_.hash_threads = 16;  // more than any test holds, so that the marker gets through
    options_.check = [this, outcome, check = options_.check](const std::string& hash, const SecretString& password) {
      if (password.reveal() == kMarker) return Result<bool>(false);
      const Result<bool> is_right = check(hash, password);
      if (release_.try_wait()) return is_right;
      release_.wait();
      return outcome.value_or(is_right);
    };
  }
  void release_when_all_are_looked_up() {
    const std::size_t marker = begun_;
    begin("marker", kMarker);
    context_.restart();
    while (!answers_.contains(marker)) context_.run_one();
    release_.count_down();
    run();
  }
  static std::string told(const Answer& answer) {
    if (!answer) return answer.error().text;
    return *answer ? (*answer)->name() : "refused";
  }

  static constexpr const char* kMarker = "all were looked up";
  std::latch release_{1};
  std::filesystem::path directory_;
  SqliteVerifierOptions options_;
  std::atomic<int> hashes_ = 0;
  std::atomic<int> clock_seconds_ = 0;
  std::optional<UserDatabase> users_;
  std::unique_ptr<SqliteVerifier> verifier_;
  boost::asio::io_context context_{1};
  const std::thread::id home_ = std::this_thread::get_id();
  std::size_t begun_ = 0;
  std::map<std::size_t, Answer> answers_;
};

TEST_F(Verification, TheRightPasswordIsAPrincipalWithTheStoredName) {
  EXPECT_EQ(log_in("ann@example.com", "secret"), "ann@example.com");
  EXPECT_EQ(log_in("ANN@Example.COM", "secret"), "ann@example.com");
}

TEST_F(Verification, WrongUnknownAndDisabledGetTheSameAnswerForTheSameWork) {
  add("bob", "secret");
  ASSERT_TRUE(users_->set_enabled("bob", false, {}));
  EXPECT_EQ(log_in("ann@example.com", "Secret"), "refused");
  EXPECT_EQ(hashes_, 1);
  EXPECT_EQ(log_in("nobody", "secret"), "refused");
  EXPECT_EQ(hashes_, 2);
  EXPECT_EQ(log_in("bob", "secret"), "refused");
  EXPECT_EQ(hashes_, 3);
  EXPECT_EQ(log_in("bob", "wrong"), "refused");
  EXPECT_EQ(hashes_, 4);
  EXPECT_EQ(log_in("a\nb", "secret"), "refused");
  EXPECT_EQ(hashes_, 5);
}

TEST_F(Verification, TheHashOfAnUnknownUserIsARealOne) {
  std::string seen;
  options_.check = [&](const std::string& hash, const SecretString&) -> Result<bool> {
    seen = hash;
    return true;  // even a collision lets nobody in who is not there
  };
  EXPECT_EQ(log_in("nobody", "secret"), "refused");
  EXPECT_EQ(seen, decoy_hash());
}

TEST_F(Verification, WorksWithRealHashes) {
  options_.check = verify_password;
  ASSERT_TRUE(users_->add("carl", *hash_password(SecretString("pässword")), {}));
  EXPECT_EQ(log_in("carl", "pässword"), "carl");
  EXPECT_EQ(log_in("carl", "password"), "refused");
}

TEST_F(Verification, ASecondLoginWithinTheLifetimeNeedsNoHash) {
  EXPECT_EQ(log_in("ann@example.com", "secret"), "ann@example.com");
  clock_seconds_ = 299;
  EXPECT_EQ(log_in("ann@example.com", "secret"), "ann@example.com");
  EXPECT_EQ(hashes_, 1);
  EXPECT_EQ(log_in("ann@example.com", "wrong"), "refused");
  EXPECT_EQ(hashes_, 2);
  clock_seconds_ = 299 + 300;
  EXPECT_EQ(log_in("ann@example.com", "secret"), "ann@example.com");
  EXPECT_EQ(hashes_, 3);
}

TEST_F(Verification, ABusyClientIsHashedOnceAnHour) {
  for (int second = 0; second < 2 * 3600; second += 60) {
    clock_seconds_ = second;
    EXPECT_EQ(log_in("ann@example.com", "secret"), "ann@example.com");
    EXPECT_EQ(hashes_, second < 3600 ? 1 : 2) << second;
  }
}

TEST_F(Verification, ManyLoginsAtOnceShareOneHash) {
  hold_hashes();
  start();
  for (int i = 0; i < 20; ++i) begin(i % 2 == 0 ? "ann@example.com" : "Ann@EXAMPLE.com", "secret");
  release_when_all_are_looked_up();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(told(answers_.at(static_cast<std::size_t>(i))), "ann@example.com");
  EXPECT_EQ(hashes_, 1);
  EXPECT_EQ(log_in("ann@example.com", "secret"), "ann@example.com");
  EXPECT_EQ(hashes_, 1);
}

TEST_F(Verification, AWrongPasswordIsSharedAlikeWhetherThereIsAUserOrNot) {
  add("bob", "secret");
  ASSERT_TRUE(users_->set_enabled("bob", false, {}));
  hold_hashes();
  start();
  for (int i = 0; i < 12; ++i) begin(i % 2 == 0 ? "ann@example.com" : "ANN@example.com", "wrong");
  for (int i = 0; i < 12; ++i) begin(i % 2 == 0 ? "nobody" : "Nobody", "wrong");
  for (int i = 0; i < 12; ++i) begin("bob", "secret");
  release_when_all_are_looked_up();
  for (std::size_t i = 0; i < 36; ++i) EXPECT_EQ(told(answers_.at(i)), "refused");
  EXPECT_EQ(hashes_, 3);
  EXPECT_EQ(log_in("ann@example.com", "wrong"), "refused");
  EXPECT_EQ(hashes_, 4) << "but it is not remembered";
}

TEST_F(Verification, LoginsThatDifferInAnythingShareNothing) {
  add("bob", "secret");
  add("eve", "wrong");
  hold_hashes();
  start();
  begin("ann@example.com", "secret");
  begin("ann@example.com", "wrong");
  begin("bob", "secret");
  begin("bob", "wrong");
  begin("eve", "secret");
  begin("eve", "wrong");
  begin("nobody", "secret");
  begin("nobody2", "secret");
  begin("nobody", "wrong");
  release_when_all_are_looked_up();
  EXPECT_EQ(hashes_, 9);
  std::vector<std::string> all;
  for (std::size_t i = 0; i < 9; ++i) all.push_back(told(answers_.at(i)));
  EXPECT_THAT(all, testing::ElementsAre("ann@example.com", "refused", "bob", "refused", "refused", "eve", "refused",
                                        "refused", "refused"));
}

TEST_F(Verification, WhoSharesAHashIsStillJudgedAlone) {
  hold_hashes();
  start();
  begin("ann@example.com", "secret", "bob");
  begin("ann@example.com", "secret");
  begin("ann@example.com", "secret", "bob");
  release_when_all_are_looked_up();
  EXPECT_EQ(told(answers_.at(0)), "refused");
  EXPECT_EQ(told(answers_.at(1)), "ann@example.com");
  EXPECT_EQ(told(answers_.at(2)), "refused");
  EXPECT_EQ(hashes_, 1);
}

TEST_F(Verification, AHashThatFailedIsAnErrorForAllWhoWaitedForIt) {
  hold_hashes(fail(Fault::kResource, "no memory"));
  start();
  for (int i = 0; i < 3; ++i) begin("ann@example.com", "secret");
  release_when_all_are_looked_up();
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(told(answers_.at(i)), "no memory");
  EXPECT_EQ(log_in("ann@example.com", "secret"), "ann@example.com");
}

TEST_F(Verification, ARefusalIsNeverRemembered) {
  EXPECT_EQ(log_in("ann@example.com", "wrong"), "refused");
  EXPECT_EQ(log_in("ann@example.com", "wrong"), "refused");
  EXPECT_EQ(hashes_, 2);
}

TEST_F(Verification, AChangedPasswordCountsAtOnce) {
  EXPECT_EQ(log_in("ann@example.com", "secret"), "ann@example.com");
  ASSERT_TRUE(users_->set_password("ann@example.com", fake_hash("new"), {}));
  EXPECT_EQ(log_in("ann@example.com", "secret"), "refused");
  EXPECT_EQ(log_in("ann@example.com", "new"), "ann@example.com");
}

TEST_F(Verification, ADisabledOrRemovedUserIsOutAtOnceAndBackWhenEnabled) {
  EXPECT_EQ(log_in("ann@example.com", "secret"), "ann@example.com");
  ASSERT_TRUE(users_->set_enabled("ann@example.com", false, {}));
  EXPECT_EQ(log_in("ann@example.com", "secret"), "refused");
  ASSERT_TRUE(users_->set_enabled("ann@example.com", true, {}));
  EXPECT_EQ(log_in("ann@example.com", "secret"), "ann@example.com");
  ASSERT_TRUE(users_->remove("ann@example.com"));
  EXPECT_EQ(log_in("ann@example.com", "secret"), "refused");
}

TEST_F(Verification, UsersWithOnePrefixDoNotShareTheirCache) {
  add("ann@example.com2", "secret2");
  add("ann@example.co", "msecret");
  EXPECT_EQ(log_in("ann@example.com", "secret"), "ann@example.com");
  EXPECT_EQ(log_in("ann@example.com2", "secret"), "refused");
  EXPECT_EQ(log_in("ann@example.com", "2secret"), "refused");
  EXPECT_EQ(log_in("ann@example.co", "msecret"), "ann@example.co");
  EXPECT_EQ(log_in("ann@example.co", "secret"), "refused");
}

TEST_F(Verification, HostileNamesAreRefused) {
  for (const std::string_view name : kHostileNames) EXPECT_EQ(log_in(std::string(name), "secret"), "refused") << name;
  EXPECT_EQ(log_in("ann@example.com", "' OR '1'='1"), "refused");
  EXPECT_EQ(users_->list()->size(), 1);
}

TEST_F(Verification, NobodyActsForSomebodyElse) {
  add("bob", "secret");
  EXPECT_EQ(log_in("ann@example.com", "secret", "ann@example.com"), "ann@example.com");
  EXPECT_EQ(hashes_, 1);
  EXPECT_EQ(log_in("ann@example.com", "secret", "bob"), "refused");
  EXPECT_EQ(hashes_, 2) << "a refusal costs a hash, though the password is known to be right";
}

TEST_F(Verification, AMissingDatabaseIsAnErrorAndNoRefusal) {
  EXPECT_EQ(log_in("ann@example.com", "secret"), "ann@example.com");
  const std::string away = options_.database_file + ".away";
  std::filesystem::rename(options_.database_file, away);
  EXPECT_THAT(log_in("ann@example.com", "secret"),
              testing::HasSubstr(options_.database_file + ": No such file or directory"));
  EXPECT_FALSE(std::filesystem::exists(options_.database_file));
  std::filesystem::rename(away, options_.database_file);
  EXPECT_EQ(log_in("ann@example.com", "secret"), "ann@example.com");
}

TEST_F(Verification, ACorruptDatabaseOrHashIsAnErrorAndNoRefusal) {
  ASSERT_TRUE(users_->add("eve", "no hash at all", {}));
  options_.check = verify_password;
  EXPECT_EQ(log_in("eve", "secret"), "a stored password hash cannot be read");
  users_.reset();
  const std::string garbage = options_.database_file + ".garbage";
  std::ofstream(garbage) << std::string(8192, 'x');
  std::filesystem::rename(garbage, options_.database_file);
  EXPECT_THAT(log_in("eve", "secret"), testing::HasSubstr("not a database"));
}

TEST_F(Verification, AReplacedDatabaseCountsAtOnce) {
  EXPECT_EQ(log_in("ann@example.com", "secret"), "ann@example.com");
  const std::string other = (directory_ / "other.db").string();
  {
    UserDatabase replacement = *UserDatabase::open(other, UserDatabase::Open::kCreateIfNone);
    ASSERT_TRUE(replacement.add("dora", fake_hash("secret"), {}));
  }
  users_.reset();
  std::filesystem::rename(other, options_.database_file);
  EXPECT_EQ(log_in("dora", "secret"), "dora");
  EXPECT_EQ(log_in("ann@example.com", "secret"), "refused");
}

TEST_F(Verification, AFullPoolIsAResourceErrorForTheNextAlone) {
  std::latch entered(1), release(1);
  options_.hash_waiting_max = 1;
  options_.check = [&, first = true](const std::string&, const SecretString&) mutable -> Result<bool> {
    if (std::exchange(first, false)) entered.count_down(), release.wait();
    return true;
  };
  start();
  begin("ann@example.com", "1");
  entered.wait();
  begin("ann@example.com", "2");
  begin("ann@example.com", "3");
  context_.restart();
  context_.run_one();  // the only answer that there can be
  while (answers_.empty()) context_.run_one();
  ASSERT_TRUE(answers_.contains(2));
  ASSERT_FALSE(answers_.at(2));
  EXPECT_EQ(answers_.at(2).error().fault, Fault::kResource);
  release.count_down();
  run();
  EXPECT_EQ(told(answers_.at(0)), "ann@example.com");
  EXPECT_EQ(told(answers_.at(1)), "ann@example.com");
}

TEST_F(Verification, EveryWaitingLoginIsAnsweredWhenTheVerifierGoes) {
  std::latch entered(1), release(1);
  options_.check = [&, first = true](const std::string&, const SecretString&) mutable -> Result<bool> {
    if (std::exchange(first, false)) entered.count_down(), release.wait();
    return true;
  };
  start();
  begin("ann@example.com", "1");
  entered.wait();
  for (int i = 0; i < 20; ++i) begin("ann@example.com", std::to_string(i));
  std::thread closer([&] { verifier_.reset(); });
  release.count_down();
  closer.join();
  run();
  ASSERT_EQ(answers_.size(), 21);
  EXPECT_EQ(told(answers_.at(0)), "ann@example.com");
  // How many were still served is a race that does not matter; each was served or told.
  for (const auto& [index, answer] : answers_)
    EXPECT_THAT(told(answer), testing::AnyOf("ann@example.com", "the server is stopping"));
}

}  // namespace
}  // namespace sealpost::identity
