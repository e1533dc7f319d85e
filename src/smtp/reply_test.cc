#include "smtp/reply.h"

#include <gtest/gtest.h>

namespace sealpost::smtp {
namespace {

std::string wire(const Reply& reply) {
  std::string octets;
  reply.append_to(octets);
  return octets;
}

TEST(Reply, IsOneLineWithEnhancedCode) {
  const Reply reply{250, {2, 1, 5}, "Ok"};
  EXPECT_EQ(wire(reply), "250 2.1.5 Ok\r\n");
  EXPECT_EQ(reply.to_line(), "250 2.1.5 Ok");
}

TEST(Reply, HasNoEnhancedCodeWhereThereIsNone) {
  EXPECT_EQ(wire({220, {}, "mail.example.com ESMTP Sealpost"}), "220 mail.example.com ESMTP Sealpost\r\n");
}

TEST(Reply, RepeatsCodeAndEnhancedCodeOnEveryLine) {
  const Reply reply{550, {5, 7, 1}, "first\nsecond\nthird"};
  EXPECT_EQ(wire(reply), "550-5.7.1 first\r\n550-5.7.1 second\r\n550 5.7.1 third\r\n");
  EXPECT_EQ(reply.to_line(), "550 5.7.1 third");
}

TEST(Reply, KeepsTheSpaceBeforeAnEmptyText) {
  EXPECT_EQ(wire({334, {}, ""}), "334 \r\n");  // RFC 4954 §4: an empty challenge
}

TEST(Reply, AppendsBehindWhatIsThere) {
  std::string octets = "250 2.1.0 Ok\r\n";
  Reply{250, {2, 1, 5}, "Ok"}.append_to(octets);
  EXPECT_EQ(octets, "250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n");
}

TEST(Reply, KnowsItsClass) {
  EXPECT_TRUE((Reply{354, {}, ""}).is_positive());
  EXPECT_TRUE((Reply{452, {4, 3, 1}, ""}).is_transient_failure());
  EXPECT_FALSE((Reply{452, {4, 3, 1}, ""}).is_permanent_failure());
  EXPECT_TRUE((Reply{550, {5, 1, 1}, ""}).is_permanent_failure());
}

TEST(ReplyDeathTest, RefusesToSplitAResponse) {
  EXPECT_DEATH(wire({550, {5, 7, 1}, "no\r\n250 2.0.0 Ok"}), "neither CR nor NUL");
  EXPECT_DEATH(wire({550, {5, 7, 1}, std::string("no\0", 3)}), "neither CR nor NUL");
  EXPECT_DEATH(wire({600, {}, "no"}), "has a code");
}

}  // namespace
}  // namespace sealpost::smtp
