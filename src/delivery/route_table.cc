// RouteTable: first match wins.
#include "delivery/route_table.h"

#include <algorithm>
#include <utility>

#include "delivery/discard_agent.h"
#include "delivery/maildir_agent.h"
#include "delivery/smtp_agent.h"

namespace sealpost::delivery {

namespace {

Result<std::unique_ptr<Agent>> make_agent(const Route& route, const std::string& hostname) {
  switch (route.kind) {
    case RouteKind::kSmtp:
    case RouteKind::kLmtp:
      return make_smtp_agent(route, hostname);
    case RouteKind::kMaildir:
      return make_maildir_agent(route, hostname);
    case RouteKind::kDiscard:
      return make_discard_agent();
  }
  return fail(Fault::kInternal, "a route has no kind");
}

}  // namespace

Result<RouteTable> RouteTable::make(std::vector<Route> routes, const std::string& hostname) {
  RouteTable table;
  for (Route& route : routes) {
    auto agent = make_agent(route, hostname);
    if (!agent) return std::unexpected(std::move(agent.error()).in("route " + describe(route)));
    table.add(std::move(route), std::move(*agent));
  }
  return table;
}

void RouteTable::add(Route route, std::unique_ptr<Agent> agent) {
  route.name = describe(route);
  entries_.push_back({std::move(route), std::move(agent)});
}

std::size_t RouteTable::find(const smtp::Domain& domain) const {
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const bool fits = std::ranges::any_of(entries_[i].route.domains,
                                          [&domain](const std::string& p) { return pattern_fits(p, domain); });
    if (fits) return i;
  }
  return kNoRoute;
}

}  // namespace sealpost::delivery
