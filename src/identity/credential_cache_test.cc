#include "identity/credential_cache.h"

#include <gtest/gtest.h>

namespace sealpost::identity {
namespace {

using std::chrono::seconds;

const SteadyTime kStart{};
const CredentialCache::Lifetime kLifetime{.unused = seconds(300), .at_most = seconds(3600)};
const User kAnn{"ann", "hash", true, {}, {}};

CredentialCache::Key key(const CredentialCache& cache, int i) {
  return cache.key_of(kAnn, SecretString(std::to_string(i)));
}

TEST(CredentialCache, ForgetsWhatNobodyAsksFor) {
  CredentialCache cache(10, kLifetime);
  cache.insert(key(cache, 1), kStart);
  cache.insert(key(cache, 2), kStart);
  EXPECT_TRUE(cache.recall(key(cache, 1), kStart + seconds(299)));
  EXPECT_FALSE(cache.recall(key(cache, 2), kStart + seconds(300)));
}

TEST(CredentialCache, BeingAskedForProlongsAnEntryUpToItsLongestLife) {
  CredentialCache cache(10, kLifetime);
  cache.insert(key(cache, 1), kStart);
  for (int second = 299; second < 3600; second += 299)
    EXPECT_TRUE(cache.recall(key(cache, 1), kStart + seconds(second))) << second;
  EXPECT_TRUE(cache.recall(key(cache, 1), kStart + seconds(3599)));
  EXPECT_FALSE(cache.recall(key(cache, 1), kStart + seconds(3600)));
}

TEST(CredentialCache, ASecondInsertionDoesNotProlongTheFirst) {
  CredentialCache cache(10, kLifetime);
  cache.insert(key(cache, 1), kStart);
  cache.insert(key(cache, 1), kStart + seconds(200));
  EXPECT_FALSE(cache.recall(key(cache, 1), kStart + seconds(300)));
  cache.insert(key(cache, 1), kStart + seconds(300));
  EXPECT_TRUE(cache.recall(key(cache, 1), kStart + seconds(599)));
  EXPECT_EQ(cache.size(), 1);
}

TEST(CredentialCache, HoldsItsNumberOfEntriesAndDropsTheLeastUsedForOneMore) {
  CredentialCache cache(3, kLifetime);
  for (int i = 1; i <= 3; ++i) cache.insert(key(cache, i), kStart + seconds(i));
  EXPECT_EQ(cache.size(), 3);
  EXPECT_TRUE(cache.recall(key(cache, 1), kStart + seconds(4)));
  cache.insert(key(cache, 3), kStart + seconds(4));
  EXPECT_TRUE(cache.recall(key(cache, 2), kStart + seconds(4)));
  cache.insert(key(cache, 4), kStart + seconds(4));
  EXPECT_EQ(cache.size(), 3);
  EXPECT_FALSE(cache.recall(key(cache, 3), kStart + seconds(4)));
  EXPECT_TRUE(cache.recall(key(cache, 1), kStart + seconds(4)));
  EXPECT_TRUE(cache.recall(key(cache, 2), kStart + seconds(4)));
  EXPECT_TRUE(cache.recall(key(cache, 4), kStart + seconds(4)));
}

TEST(CredentialCache, EverythingThatTheDecisionUsesIsPartOfTheKey) {
  CredentialCache cache(10, kLifetime);
  const auto of = [&](User user, const char* password) { return cache.key_of(user, SecretString(password)); };
  const auto known = of(kAnn, "secret");
  EXPECT_EQ(of(kAnn, "secret"), known);
  EXPECT_NE(of(kAnn, "secre"), known);
  EXPECT_NE(of({"annx", "hash", true, {}, {}}, "secret"), known);
  EXPECT_NE(of({"ann", "hash2", true, {}, {}}, "secret"), known);
  EXPECT_NE(of({"ann", "hash", false, {}, {}}, "secret"), known);
  // CVE-2025-30189: fields that run into each other make two users one.
  EXPECT_NE(of({"annh", "ash", true, {}, {}}, "secret"), known);
  EXPECT_NE(cache.key_of_unknown("ann", SecretString("secret")), known);
  EXPECT_NE(cache.key_of_unknown("ann", SecretString("secret")), cache.key_of_unknown("eve", SecretString("secret")));
  EXPECT_NE(cache.key_of_unknown("ann", SecretString("secret")), cache.key_of_unknown("ann", SecretString("other")));
}

TEST(CredentialCache, KeysOfOneProcessMeanNothingToAnother) {
  CredentialCache one(10, kLifetime);
  CredentialCache two(10, kLifetime);
  EXPECT_NE(key(one, 1), key(two, 1));
}

}  // namespace
}  // namespace sealpost::identity
