// The grammar of address literals, written after the ABNF of RFC 5321 §4.1.3.
#include "smtp/address_literal.h"

#include <algorithm>
#include <cstddef>
#include <optional>

#include "smtp/core_rules.h"

namespace sealpost::smtp {

namespace {

constexpr std::string_view kIpv6Tag = "IPv6:";
constexpr std::size_t kIpv6Groups = 8;

/// Snum, without leading zeros.
bool is_snum(std::string_view text) {
  if (text.empty() || text.size() > 3 || !std::ranges::all_of(text, is_digit)) return false;
  if (text.size() > 1 && text.front() == '0') return false;
  return text.size() < 3 || text <= "255";
}

/// How many 16-bit groups "h:h:h" stands for; an IPv4 address may take the place of the last two. Nothing when it is
/// malformed.
std::optional<std::size_t> count_groups(std::string_view text, bool may_end_in_ipv4) {
  std::size_t groups = 0;
  while (true) {
    const std::size_t colon = text.find(':');
    const std::string_view group = text.substr(0, colon);
    const bool is_last = colon == std::string_view::npos;
    if (is_last && may_end_in_ipv4 && is_ipv4_address_literal(group)) return groups + 2;
    if (group.empty() || group.size() > 4 || !std::ranges::all_of(group, is_hex_digit)) return std::nullopt;
    ++groups;
    if (is_last) return groups;
    text.remove_prefix(colon + 1);
  }
}

}  // namespace

bool is_ipv4_address_literal(std::string_view text) {
  for (int dots = 0; dots < 3; ++dots) {
    const std::size_t dot = text.find('.');
    if (dot == std::string_view::npos || !is_snum(text.substr(0, dot))) return false;
    text.remove_prefix(dot + 1);
  }
  return is_snum(text);
}

bool is_ipv6_address(std::string_view text) {
  const std::size_t gap = text.find("::");
  if (gap == std::string_view::npos) {  // IPv6-full, IPv6v4-full
    return count_groups(text, true) == kIpv6Groups;
  }
  const std::string_view before = text.substr(0, gap);
  const std::string_view after = text.substr(gap + 2);
  const std::optional<std::size_t> groups_before = before.empty() ? 0 : count_groups(before, false);
  const std::optional<std::size_t> groups_after = after.empty() ? 0 : count_groups(after, true);
  if (!groups_before || !groups_after) return false;
  // RFC 5321 §4.1.3: "::" stands for at least two groups of zeros.
  return *groups_before + *groups_after <= kIpv6Groups - 2;
}

bool is_address_literal(std::string_view text) {
  if (text.size() < 2 || text.front() != '[' || text.back() != ']') return false;
  const std::string_view inside = text.substr(1, text.size() - 2);
  // General-address-literal needs a registered tag, and "IPv6" is the only one.
  if (starts_with_ignoring_case(inside, kIpv6Tag)) return is_ipv6_address(inside.substr(kIpv6Tag.size()));
  return is_ipv4_address_literal(inside);
}

}  // namespace sealpost::smtp
