#include "identity/credential_cache.h"

#include <gtest/gtest.h>

namespace sealpost::identity {
namespace {

using std::chrono::seconds;

const SteadyTime kStart{};
const User kAnn{"ann", "hash", true, {}, {}};

CredentialCache::Key key(const CredentialCache& cache, int i) {
  return cache.key_of(kAnn, SecretString(std::to_string(i)));
}

TEST(CredentialCache, ForgetsWhenTheTimeIsOver) {
  CredentialCache cache(10, seconds(300));
  cache.insert(key(cache, 1), kStart);
  EXPECT_TRUE(cache.contains(key(cache, 1), kStart + seconds(299)));
  EXPECT_FALSE(cache.contains(key(cache, 1), kStart + seconds(300)));
}

TEST(CredentialCache, ASecondInsertionDoesNotProlongTheFirst) {
  CredentialCache cache(10, seconds(300));
  cache.insert(key(cache, 1), kStart);
  cache.insert(key(cache, 1), kStart + seconds(200));
  EXPECT_FALSE(cache.contains(key(cache, 1), kStart + seconds(300)));
  cache.insert(key(cache, 1), kStart + seconds(300));
  EXPECT_TRUE(cache.contains(key(cache, 1), kStart + seconds(599)));
  EXPECT_EQ(cache.size(), 1);
}

TEST(CredentialCache, HoldsItsNumberOfEntriesAndDropsTheOldestForOneMore) {
  CredentialCache cache(3, seconds(300));
  for (int i = 1; i <= 3; ++i) cache.insert(key(cache, i), kStart + seconds(i));
  EXPECT_EQ(cache.size(), 3);
  EXPECT_TRUE(cache.contains(key(cache, 1), kStart + seconds(4)));
  cache.insert(key(cache, 3), kStart + seconds(4));
  EXPECT_TRUE(cache.contains(key(cache, 1), kStart + seconds(4)));
  cache.insert(key(cache, 4), kStart + seconds(4));
  EXPECT_EQ(cache.size(), 3);
  EXPECT_FALSE(cache.contains(key(cache, 1), kStart + seconds(4)));
  EXPECT_TRUE(cache.contains(key(cache, 2), kStart + seconds(4)));
  EXPECT_TRUE(cache.contains(key(cache, 4), kStart + seconds(4)));
}

TEST(CredentialCache, EverythingThatTheDecisionUsesIsPartOfTheKey) {
  CredentialCache cache(10, seconds(300));
  const auto of = [&](User user, const char* password) { return cache.key_of(user, SecretString(password)); };
  const auto known = of(kAnn, "secret");
  EXPECT_EQ(of(kAnn, "secret"), known);
  EXPECT_NE(of(kAnn, "secre"), known);
  EXPECT_NE(of({"annx", "hash", true, {}, {}}, "secret"), known);
  EXPECT_NE(of({"ann", "hash2", true, {}, {}}, "secret"), known);
  EXPECT_NE(of({"ann", "hash", false, {}, {}}, "secret"), known);
  // CVE-2025-30189: fields that run into each other make two users one.
  EXPECT_NE(of({"annh", "ash", true, {}, {}}, "secret"), known);
}

TEST(CredentialCache, KeysOfOneProcessMeanNothingToAnother) {
  CredentialCache one(10, seconds(300));
  CredentialCache two(10, seconds(300));
  EXPECT_NE(key(one, 1), key(two, 1));
}

}  // namespace
}  // namespace sealpost::identity
