// The SMTP and LMTP agent: checks a route once, then makes channels for it.
#include "delivery/smtp_agent.h"

#include "delivery/smtp_channel.h"

namespace sealpost::delivery {

namespace {

class SmtpAgent : public Agent {
 public:
  explicit SmtpAgent(SmtpDestination destination) : destination_(std::move(destination)) {}
  std::unique_ptr<Channel> make_channel() override { return std::make_unique<SmtpChannel>(destination_); }

 private:
  SmtpDestination destination_;
};

Result<void> check(const Route& route) {
  if (route.host.empty() && route.unix_socket.empty()) return fail(Fault::kConfiguration, "it has no host");
  if (!route.unix_socket.empty() && route.kind != RouteKind::kLmtp)
    return fail(Fault::kConfiguration, "only LMTP goes to a Unix-domain socket");
  const bool is_always_secure = route.tls == RouteTls::kRequired || route.tls == RouteTls::kImplicit;
  if (!route.username.empty() && !is_always_secure && !route.may_auth_without_tls_insecure)
    return fail(Fault::kConfiguration, "a password needs tls = \"required\" or \"implicit\"");
  return {};
}

}  // namespace

Result<std::unique_ptr<Agent>> make_smtp_agent(const Route& route, const std::string& hostname,
                                               SmtpDeadlines deadlines) {
  if (auto checked = check(route); !checked) return std::unexpected(checked.error());
  SmtpDestination destination;
  destination.name = describe(route);
  destination.flavour = route.kind == RouteKind::kLmtp ? smtp::Flavour::kLmtp : smtp::Flavour::kSmtp;
  destination.host = route.host;
  destination.port = route.port;
  destination.unix_socket = route.unix_socket;
  destination.tls = route.unix_socket.empty() ? route.tls : RouteTls::kNone;
  destination.helo_name = hostname;
  destination.username = route.username;
  destination.password = route.password.copy();
  destination.may_auth_without_tls = route.may_auth_without_tls_insecure;
  destination.deadlines = deadlines;
  if (destination.tls != RouteTls::kNone) {
    net::ClientTlsOptions options;
    options.ca_file = route.ca_file;
    // RFC 7435 §3: opportunistic TLS does not ask who is there; anything is better than clear text.
    options.verifies = destination.tls != RouteTls::kOpportunistic;
    auto context = net::ClientTlsContext::make(options);
    if (!context) return std::unexpected(context.error());
    destination.tls_context.emplace(std::move(*context));
  }
  return std::make_unique<SmtpAgent>(std::move(destination));
}

}  // namespace sealpost::delivery
