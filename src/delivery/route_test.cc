#include "delivery/route.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "delivery/discard_agent.h"
#include "delivery/route_table.h"

namespace sealpost::delivery {
namespace {

smtp::Domain domain(std::string_view text) { return smtp::Domain::parse(text, smtp::Charset::kAscii).value(); }

TEST(Route, PatternsFitWholeNamesSubdomainsOrEverything) {
  EXPECT_TRUE(pattern_fits("*", domain("anything.example")));
  EXPECT_TRUE(pattern_fits("*", domain("[192.0.2.1]")));
  EXPECT_TRUE(pattern_fits("example.com", domain("Example.COM")));
  EXPECT_FALSE(pattern_fits("example.com", domain("mail.example.com")));
  EXPECT_FALSE(pattern_fits("example.com", domain("notexample.com")));
  EXPECT_TRUE(pattern_fits("*.example.com", domain("a.b.EXAMPLE.com")));
  EXPECT_FALSE(pattern_fits("*.example.com", domain("example.com")));
  EXPECT_FALSE(pattern_fits("*.example.com", domain("notexample.com")));
}

TEST(RouteTable, TakesTheFirstRouteThatFits) {
  RouteTable table;
  for (const auto& domains : {std::vector<std::string>{"a.example", "b.example"}, {"*.example"}, {"*"}}) {
    Route route;
    route.kind = RouteKind::kDiscard;
    route.domains = domains;
    table.add(std::move(route), make_discard_agent());
  }
  EXPECT_EQ(table.find(domain("b.example")), 0U);
  EXPECT_EQ(table.find(domain("c.example")), 1U);
  EXPECT_EQ(table.find(domain("c.test")), 2U);
  EXPECT_EQ(RouteTable().find(domain("c.test")), RouteTable::kNoRoute);
}

TEST(RouteTable, SaysWhichRouteIsWrong) {
  std::vector<Route> routes(2);
  routes[0].kind = RouteKind::kDiscard;
  routes[1].name = "smarthost";
  const auto table = RouteTable::make(std::move(routes), "mail.example.com");
  ASSERT_FALSE(table);
  EXPECT_EQ(table.error().text, "route smarthost: it has no host");
}

TEST(Route, IsNamedByKindAndPlace) {
  Route route;
  route.host = "mail.example.com";
  route.port = 2525;
  EXPECT_EQ(describe(route), "smtp:mail.example.com:2525");
  route.kind = RouteKind::kLmtp;
  route.unix_socket = "/run/lmtp";
  EXPECT_EQ(describe(route), "lmtp:/run/lmtp");
  route.name = "mailboxes";
  EXPECT_EQ(describe(route), "mailboxes");
}

}  // namespace
}  // namespace sealpost::delivery
