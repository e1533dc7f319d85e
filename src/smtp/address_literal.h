// Address literals (RFC 5321 §4.1.3): "[192.0.2.1]" and "[IPv6:2001:db8::1]". Never: an octal or short form of IPv4, a
// zone id, another tag.
#pragma once
#include <string_view>

namespace sealpost::smtp {

/// `text` with its brackets.
bool is_address_literal(std::string_view text);

/// Four decimal numbers of 0 to 255. RFC 5321 §4.1.3 (stricter): no leading zeros, which some readers take for octal.
bool is_ipv4_address_literal(std::string_view text);
/// RFC 5321 §4.1.3 IPv6-addr, without the tag "IPv6:".
bool is_ipv6_address(std::string_view text);

}  // namespace sealpost::smtp
