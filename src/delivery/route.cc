// Route: how a pattern fits a domain, and how a route is named.
#include "delivery/route.h"

#include <algorithm>

#include <fmt/format.h>

namespace sealpost::delivery {

namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// RFC 5321 §2.4: ASCII case does not matter in a domain.
bool ends_with(std::string_view text, std::string_view end) {
  if (text.size() < end.size()) return false;
  return std::ranges::equal(text.substr(text.size() - end.size()), end,
                            [](char a, char b) { return lower(a) == lower(b); });
}

}  // namespace

std::string describe(const Route& route) {
  if (!route.name.empty()) return route.name;
  switch (route.kind) {
    case RouteKind::kSmtp:
      return fmt::format("smtp:{}:{}", route.host, route.port);
    case RouteKind::kLmtp:
      return route.unix_socket.empty() ? fmt::format("lmtp:{}:{}", route.host, route.port)
                                       : "lmtp:" + route.unix_socket;
    case RouteKind::kMaildir:
      return "maildir:" + route.path;
    case RouteKind::kDiscard:
      return "discard";
  }
  return {};
}

bool pattern_fits(std::string_view pattern, const smtp::Domain& domain) {
  if (pattern == "*") return true;
  const std::string_view name = domain.text();
  if (pattern.starts_with("*.")) return name.size() >= pattern.size() && ends_with(name, pattern.substr(1));
  return name.size() == pattern.size() && ends_with(name, pattern);
}

}  // namespace sealpost::delivery
