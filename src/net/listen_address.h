// "127.0.0.1:465", "[::1]:465", "*:465": where a listener listens.
#pragma once
#include <string_view>

#include "base/result.h"
#include "net/task.h"

namespace sealpost::net {

struct ListenAddress {
  tcp::endpoint endpoint;
  bool takes_both_families = false;  // "*": IPv6 and IPv4 on one socket
};

/// Fault::kConfiguration for anything else. Host names are not looked up: what a server listens on must not depend on
/// DNS.
Result<ListenAddress> parse_listen_address(std::string_view text);

}  // namespace sealpost::net
