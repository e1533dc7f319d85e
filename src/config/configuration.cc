// Configuration values that have a text form of their own.
#include "config/configuration.h"

#include <algorithm>
#include <charconv>

#include <arpa/inet.h>
#include <fmt/format.h>

namespace sealpost::config {

std::string Endpoint::to_string() const {
  return ip.contains(':') ? fmt::format("[{}]:{}", ip, port) : fmt::format("{}:{}", ip, port);
}

std::optional<Endpoint> Endpoint::parse(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);

  Endpoint endpoint;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), endpoint.port);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;

  const bool is_bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  if (is_bracketed) host = host.substr(1, host.size() - 2);
  endpoint.ip = host;
  in6_addr address{};
  if (inet_pton(is_bracketed ? AF_INET6 : AF_INET, endpoint.ip.c_str(), &address) != 1) return std::nullopt;
  return endpoint;
}

bool Endpoint::is_loopback() const { return ip == "::1" || ip.starts_with("127."); }

std::optional<std::uint32_t> Configuration::line_of(std::string_view section, std::size_t index,
                                                    std::string_view key) const {
  const auto found = std::ranges::find_if(
      origins, [&](const Origin& o) { return o.section == section && o.index == index && o.key == key; });
  if (found == origins.end()) return std::nullopt;
  return found->line;
}

}  // namespace sealpost::config
