#include "identity/password_hash.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sealpost::identity {
namespace {

using testing::StartsWith;

TEST(PasswordHash, VerifiesItsPasswordAndNoOther) {
  const auto hash = hash_password(SecretString("open sesame"));
  ASSERT_TRUE(hash);
  EXPECT_TRUE(*verify_password(*hash, SecretString("open sesame")));
  EXPECT_FALSE(*verify_password(*hash, SecretString("open sesam")));
  EXPECT_FALSE(*verify_password(*hash, SecretString("open sesame ")));
}

TEST(PasswordHash, IsArgon2idWithTheParametersThatWereChosenAndAFreshSalt) {
  const auto one = hash_password(SecretString("x"));
  const auto two = hash_password(SecretString("x"));
  EXPECT_THAT(*one, StartsWith("$argon2id$v=19$m=19456,t=2,p=1$"));
  EXPECT_NE(*one, *two);
}

TEST(PasswordHash, OfAnUnknownUserCostsTheSame) {
  EXPECT_THAT(decoy_hash(), StartsWith("$argon2id$v=19$m=19456,t=2,p=1$"));
  EXPECT_FALSE(*verify_password(decoy_hash(), SecretString("x")));
}

TEST(PasswordHash, WhatIsNoHashIsAnErrorAndNoRefusal) {
  for (const char* hash : {"", "*", "$argon2id$v=19$m=19456,t=2,p=1$", "$2b$12$abcdefghijklmnopqrstuv", "plain"}) {
    const auto verified = verify_password(hash, SecretString("x"));
    ASSERT_FALSE(verified) << hash;
    EXPECT_EQ(verified.error().fault, Fault::kCorruption);
  }
}

TEST(Password, HasTo255OctetsThatAClientCanSend) {
  EXPECT_EQ(why_password_is_unusable(SecretString(std::string(255, 'x'))), "");
  EXPECT_EQ(why_password_is_unusable(SecretString("pässword")), "");
  EXPECT_NE(why_password_is_unusable(SecretString(std::string(256, 'x'))), "");
  EXPECT_NE(why_password_is_unusable(SecretString("")), "");
  EXPECT_NE(why_password_is_unusable(SecretString(std::string_view("a\0b", 3))), "");
  EXPECT_NE(why_password_is_unusable(SecretString("\xff")), "");
}

}  // namespace
}  // namespace sealpost::identity
