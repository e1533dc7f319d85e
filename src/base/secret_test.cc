#include "base/secret.h"

#include <gtest/gtest.h>

namespace sealpost {
namespace {

TEST(SecretString, ComparesByValueAndLength) {
  EXPECT_EQ(SecretString("secret"), SecretString("secret"));
  EXPECT_FALSE(SecretString("secret") == SecretString("secreT"));
  EXPECT_FALSE(SecretString("secret") == SecretString("secrets"));
}

TEST(SecretString, MovedFromHoldsNothing) {
  SecretString a("a password that is longer than the small string buffer");
  const SecretString b = std::move(a);
  EXPECT_TRUE(a.empty());  // NOLINT(bugprone-use-after-move): that is the promise under test
  EXPECT_EQ(b.size(), 54U);
}

}  // namespace
}  // namespace sealpost
