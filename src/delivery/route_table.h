// RouteTable: the routes in order, each with the agent that serves it. Answers which route a recipient takes; first
// match wins.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "delivery/agent.h"
#include "delivery/route.h"
#include "smtp/address.h"

namespace sealpost::delivery {

struct RoutedAgent {
  Route route;
  std::unique_ptr<Agent> agent;
};

class RouteTable {
 public:
  RouteTable() = default;
  /// Builds the agents. `hostname` is our name in EHLO and in Maildir file names. Fault::kConfiguration names the route
  /// and what is wrong with it (a CA file that cannot be read, LMTP without host or socket).
  static Result<RouteTable> make(std::vector<Route> routes, const std::string& hostname);

  void add(Route route, std::unique_ptr<Agent> agent);

  static constexpr std::size_t kNoRoute = static_cast<std::size_t>(-1);
  /// The index of the first route that fits, or kNoRoute.
  std::size_t find(const smtp::Domain& domain) const;
  std::size_t size() const { return entries_.size(); }
  const Route& route(std::size_t index) const { return entries_.at(index).route; }
  Agent& agent(std::size_t index) { return *entries_.at(index).agent; }

 private:
  std::vector<RoutedAgent> entries_;
};

}  // namespace sealpost::delivery
