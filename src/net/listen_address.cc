// Parsing of listen addresses.
#include "net/listen_address.h"

#include <charconv>

#include <fmt/format.h>

namespace sealpost::net {

namespace {

std::unexpected<Error> refuse(std::string_view text, std::string_view reason) {
  return fail(Fault::kConfiguration,
              fmt::format("\"{}\" is no address to listen on: {}; write it as 127.0.0.1:465, [::1]:465 or *:465", text,
                          reason));
}

}  // namespace

Result<ListenAddress> parse_listen_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return refuse(text, "it has no port");
  std::string_view host = text.substr(0, colon);
  const std::string_view port_text = text.substr(colon + 1);
  std::uint16_t port = 0;
  const auto parsed =
      std::from_chars(port_text.data(), port_text.data() + port_text.size(), port);  // NOLINT: from_chars takes an end
  if (port_text.empty() || parsed.ec != std::errc() || parsed.ptr != port_text.data() + port_text.size()) {
    return refuse(text, "its port is no number from 0 to 65535");
  }
  if (host == "*") return ListenAddress{.endpoint = tcp::endpoint(tcp::v6(), port), .takes_both_families = true};
  const bool is_bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (is_bracketed) host = host.substr(1, host.size() - 2);
  error_code error;
  const asio::ip::address address = asio::ip::make_address(host, error);
  if (error) return refuse(text, "its host is no IP address");
  if (address.is_v6() != is_bracketed) return refuse(text, "an IPv6 address, and only that, stands in brackets");
  return ListenAddress{.endpoint = tcp::endpoint(address, port), .takes_both_families = false};
}

}  // namespace sealpost::net
