// Contradictions between values, each told at the line that has to change.
#include "config/check.h"

#include <algorithm>

#include <arpa/inet.h>
#include <fmt/format.h>

#include "config/parameter_table.h"
#include "config/value_text.h"

namespace sealpost::config {

namespace {

class ValueChecker {
 public:
  ValueChecker(const Configuration& configuration, Problems& problems) : c_(configuration), problems_(problems) {}

  void check() {
    if (!c_.hostname.empty() && !is_host_name(c_.hostname))
      problems_.error(line("", 0, "hostname"),
                      fmt::format("hostname {} is no host name: letters, digits and hyphens in labels, such as "
                                  "\"mail.example.com\"",
                                  string_literal(c_.hostname)));
    for (const std::string& domain : c_.local_domains) {
      if (!is_host_name(domain)) bad_domain(line("", 0, "local_domains"), "local_domains", domain);
    }
    check_listeners();
    for (std::size_t i = 0; i < c_.routes.size(); ++i) check_route(i);
    check_reach();
    check_queue();
  }

 private:
  /// Where a value was written, or else where its section begins.
  std::uint32_t line(std::string_view section, std::size_t index, std::string_view key) const {
    return c_.line_of(section, index, key).or_else([&] { return c_.line_of(section, index, ""); }).value_or(0);
  }

  void bad_domain(std::uint32_t where, std::string_view key, const std::string& domain) {
    problems_.error(
        where, fmt::format("{}: {} is no domain name{}", key, string_literal(domain),
                           std::ranges::any_of(domain, [](char o) { return static_cast<unsigned char>(o) >= 0x80; })
                               ? "; write it in its ASCII form (xn--…)"
                               : ""));
  }

  void check_listeners() {
    if (c_.listeners.empty()) problems_.error(0, "there is no [[listener]], so nobody could connect");
    const bool has_certificate = !c_.tls.certificate.empty();
    if (has_certificate != !c_.tls.private_key.empty())
      problems_.error(line("tls", 0, ""), "tls.certificate and tls.private_key go together");

    for (std::size_t i = 0; i < c_.listeners.size(); ++i) {
      const Listener& listener = c_.listeners.at(i);
      const std::uint32_t where = line("listener", i, "address");
      for (std::size_t j = 0; j < i; ++j) {
        if (listener.address.port != 0 && listener.address == c_.listeners.at(j).address)
          problems_.error(where, fmt::format("{} is taken already by the listener at line {}",
                                             listener.address.to_string(), line("listener", j, "address")));
        if (listener.name == c_.listeners.at(j).name && listener.address != c_.listeners.at(j).address)
          problems_.error(line("listener", i, "name"),
                          fmt::format("two listeners have the name {}", string_literal(listener.name)));
      }
      check_security(i, has_certificate);
      if (listener.service == smtp::Service::kSmtp && c_.local_domains.empty())
        problems_.error(line("listener", i, "service"),
                        "a listener with service \"smtp\" accepts mail for local_domains alone, and there are none");
    }
  }

  void check_security(std::size_t i, bool has_certificate) {
    const Listener& listener = c_.listeners.at(i);
    if (listener.insecure_auth_without_tls) {
      const std::uint32_t where = line("listener", i, "insecure_auth_without_tls");
      if (listener.service != smtp::Service::kSubmission)
        problems_.error(where, "insecure_auth_without_tls is for listeners with service \"submission\" alone");
      else if (listener.address.is_loopback())
        problems_.warning(where, "passwords are accepted without TLS on this address");
      else
        problems_.warning(where, fmt::format("passwords will cross the network readable: {} is not a loopback address",
                                             listener.address.to_string()));
    } else if (!has_certificate && listener.service != smtp::Service::kSmtp) {
      // RFC 8314 §4.1: no login without TLS, so without a certificate the listener would be of no use.
      problems_.error(line("listener", i, "service"), "this listener needs tls.certificate and tls.private_key");
    }
  }

  void check_route(std::size_t i) {
    const Route& route = c_.routes.at(i);
    if (route.deliver == Deliver::kMx) {
      problems_.error(line("route", i, "deliver"),
                      "deliver = \"mx\" is not available yet; deliver to a fixed host with deliver = \"smtp\"");
      return;
    }
    if (c_.line_of("route", i, "domains") && route.domains.empty())
      problems_.error(line("route", i, "domains"), "route.domains is empty, so this route matches nothing");
    for (const std::string& pattern : route.domains) {
      if (pattern != "*" && !is_host_name(pattern.starts_with("*.") ? std::string_view(pattern).substr(2) : pattern))
        bad_domain(line("route", i, "domains"), "route.domains", pattern);
    }
    refuse_foreign_keys(i);
    check_destination(i);
    check_credentials(i);
  }

  /// Keys that mean nothing for this kind of delivery: whoever wrote them expects an effect.
  void refuse_foreign_keys(std::size_t i) {
    const Parameter& deliver = *find_parameter("route", "deliver");
    const std::string_view kind = deliver.choices[static_cast<std::size_t>(c_.routes.at(i).deliver)];
    for (const Parameter& row : parameters()) {
      if (row.section != "route" || row.deliver_only.empty() || row.deliver_only.contains(kind)) continue;
      if (const auto where = c_.line_of("route", i, row.key))
        problems_.error(*where, fmt::format("route.{} has no meaning for deliver = \"{}\"", row.key, kind));
    }
  }

  void check_destination(std::size_t i) {
    const Route& route = c_.routes.at(i);
    const std::uint32_t where = line("route", i, "deliver");
    if (route.deliver == Deliver::kMaildir && route.path.empty())
      problems_.error(where, "route.path, the Maildir, is missing");
    if (route.deliver == Deliver::kSmtp && route.host.empty()) problems_.error(where, "route.host is missing");
    if (route.deliver == Deliver::kLmtp && route.host.empty() == route.socket.empty())
      problems_.error(where, "deliver = \"lmtp\" needs either socket, or host and port");
    in6_addr address{};
    if (!route.host.empty() && !is_host_name(route.host) && inet_pton(AF_INET, route.host.c_str(), &address) != 1 &&
        inet_pton(AF_INET6, route.host.c_str(), &address) != 1)
      problems_.error(line("route", i, "host"),
                      fmt::format("route.host {} is neither a host name nor an address", string_literal(route.host)));
    if (!route.ca_file.empty() && route.tls != RouteTls::kRequired && route.tls != RouteTls::kImplicit)
      problems_.error(
          line("route", i, "ca_file"),
          "route.ca_file has no effect: certificates are verified with tls = \"required\" or \"implicit\" alone");
  }

  void check_credentials(std::size_t i) {
    const Route& route = c_.routes.at(i);
    const bool has_password = c_.line_of("route", i, "password").has_value();
    const bool has_file = c_.line_of("route", i, "password_file").has_value();
    if (has_password && has_file)
      problems_.error(line("route", i, "password"), "password and password_file exclude each other");
    if (route.username.empty() != (!has_password && !has_file))
      problems_.error(line("route", i, "username"), "username goes together with password or password_file");
    if (!route.username.empty() && route.tls != RouteTls::kRequired && route.tls != RouteTls::kImplicit)
      problems_.error(line("route", i, "username"),
                      "a password is sent under verified TLS alone: set tls = \"required\" or \"implicit\"");
  }

  /// Mail that no route takes, and routes that no mail reaches.
  void check_reach() {
    if (c_.routes.empty()) {
      problems_.error(0, "there is no [[route]], so accepted mail would have nowhere to go");
      return;
    }
    std::vector<std::string_view> earlier;
    for (std::size_t i = 0; i < c_.routes.size(); ++i) {
      for (const std::string& pattern : c_.routes.at(i).domains) {
        const auto hider = std::ranges::find_if(earlier, [&](std::string_view e) { return covers(e, pattern); });
        if (hider != earlier.end())
          problems_.warning(line("route", i, "domains"),
                            fmt::format("{} is never used here: an earlier {} takes all its mail",
                                        string_literal(pattern), string_literal(*hider)));
      }
      earlier.insert(earlier.end(), c_.routes.at(i).domains.begin(), c_.routes.at(i).domains.end());
    }
    const auto is_reached = [&](std::string_view pattern) {
      return std::ranges::any_of(earlier, [&](std::string_view e) { return covers(e, pattern); });
    };
    for (const std::string& domain : c_.local_domains) {
      if (!is_reached(domain))
        problems_.error(line("", 0, "local_domains"),
                        fmt::format("no [[route]] matches the local domain {}", string_literal(domain)));
    }
    const bool has_submission =
        std::ranges::any_of(c_.listeners, [](const Listener& l) { return l.service != smtp::Service::kSmtp; });
    if (has_submission && !is_reached("*"))
      problems_.warning(line("route", c_.routes.size() - 1, "domains"),
                        "no [[route]] matches every domain (\"*\"): mail for domains not named is refused");
  }

  void check_queue() {
    if (c_.queue.retry.empty())
      problems_.error(line("queue", 0, "retry"), "queue.retry is empty; name at least one waiting time");
    else if (c_.queue.retry.front() >= c_.queue.expire)
      problems_.error(line("queue", 0, "expire"), "queue.expire comes before the second attempt (queue.retry)");
    if (c_.queue.delay_warning >= c_.queue.expire && c_.line_of("queue", 0, "delay_warning"))
      problems_.warning(line("queue", 0, "delay_warning"),
                        "queue.delay_warning is never reached: mail expires before it");
    if (c_.spool.inline_max > c_.spool.segment_size)
      problems_.error(line("spool", 0, "inline_max"), "spool.inline_max is larger than spool.segment_size");
    // RFC 5321 §4.5.3.2.7: a server should wait at least five minutes for the next command.
    if (c_.limits.command_timeout < std::chrono::minutes(5))
      problems_.warning(line("limits", 0, "command_timeout"),
                        "limits.command_timeout is below the 5 minutes of RFC 5321 §4.5.3.2.7");
  }

  const Configuration& c_;
  Problems& problems_;
};

}  // namespace

bool is_host_name(std::string_view text) {
  if (text.empty() || text.size() > 253) return false;  // RFC 1035 §3.1: 255 octets on the wire
  bool is_label_empty = true;
  std::size_t label_size = 0;
  char last = '.';
  for (const char c : text) {
    const bool is_alphanumeric = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (c == '.') {
      if (is_label_empty || last == '-') return false;
      is_label_empty = true;
      label_size = 0;
    } else if (is_alphanumeric || (c == '-' && !is_label_empty)) {
      is_label_empty = false;
      if (++label_size > 63) return false;
    } else {
      return false;
    }
    last = c;
  }
  // RFC 1123 §2.1: a name of digits alone in its last label is an address, or a mistyped one.
  const std::string_view last_label = text.substr(text.rfind('.') + 1);
  const bool is_numeric = std::ranges::all_of(last_label, [](char c) { return c >= '0' && c <= '9'; });
  return !is_label_empty && last != '-' && !is_numeric;
}

bool covers(std::string_view pattern, std::string_view other) {
  if (pattern == "*" || pattern == other) return true;
  return pattern.starts_with("*.") && other != "*" && other.ends_with(pattern.substr(1));
}

void check_values(const Configuration& configuration, Problems& problems) {
  ValueChecker(configuration, problems).check();
}

}  // namespace sealpost::config
