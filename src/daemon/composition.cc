// Configuration values into service options, one function per service.
#include "daemon/composition.h"

#include <algorithm>

namespace sealpost::daemon {

namespace {

/// What arrived from the last session is not cut in the middle of its transaction: that might deliver it twice.
constexpr std::chrono::seconds kDeliveryGrace{10};

delivery::RouteKind kind_of(config::Deliver deliver) {
  switch (deliver) {
    case config::Deliver::kLmtp:
      return delivery::RouteKind::kLmtp;
    case config::Deliver::kMaildir:
      return delivery::RouteKind::kMaildir;
    case config::Deliver::kDiscard:
      return delivery::RouteKind::kDiscard;
    case config::Deliver::kMx:  // refused when the configuration is read
    case config::Deliver::kSmtp:
      return delivery::RouteKind::kSmtp;
  }
  return delivery::RouteKind::kSmtp;
}

delivery::RouteTls tls_of(config::RouteTls tls) {
  switch (tls) {
    case config::RouteTls::kNone:
      return delivery::RouteTls::kNone;
    case config::RouteTls::kOpportunistic:
      return delivery::RouteTls::kOpportunistic;
    case config::RouteTls::kRequired:
      return delivery::RouteTls::kRequired;
    case config::RouteTls::kImplicit:
      return delivery::RouteTls::kImplicit;
  }
  return delivery::RouteTls::kRequired;
}

}  // namespace

std::string spool_directory(const config::Configuration& configuration) {
  return configuration.data_directory + "/spool";
}

spool::RocksdbOptions spool_options(const config::Configuration& configuration) {
  const auto& spool = configuration.spool;
  return {.directory = spool_directory(configuration),
          .inline_max = spool.inline_max,
          .segment_size = spool.segment_size,
          .in_memory_content_max = spool.in_memory_content_max,
          .free_space_min = spool.free_space_min};
}

std::vector<delivery::Route> routes(const config::Configuration& configuration) {
  std::vector<delivery::Route> routes;
  for (const auto& from : configuration.routes) {
    delivery::Route route;
    route.domains = from.domains;
    route.kind = kind_of(from.deliver);
    route.host = from.host;
    route.port = from.port;
    route.unix_socket = from.socket;
    route.tls = tls_of(from.tls);
    route.username = from.username;
    route.password = from.password.copy();
    route.ca_file = from.ca_file;
    route.connections_max = from.connections_max;
    route.messages_per_connection_max = from.messages_per_connection;
    route.path = from.path;
    routes.push_back(std::move(route));
  }
  return routes;
}

queue::QueueOptions queue_options(const config::Configuration& configuration) {
  queue::QueueOptions options;
  options.hostname = configuration.hostname;
  options.retry.delays = configuration.queue.retry;
  options.retry.expiry = configuration.queue.expire;
  options.delay_warning = configuration.queue.delay_warning;
  options.connections_max = configuration.queue.concurrency;
  return options;
}

SteadyTime delivery_deadline(const config::Configuration& configuration, SteadyTime stopping, SteadyTime now) {
  return std::max(stopping + configuration.limits.drain_timeout, now + kDeliveryGrace);
}

submission::Limits limits(const config::Configuration& configuration) {
  submission::Limits limits;
  limits.handshake = configuration.limits.handshake_timeout;
  limits.command = configuration.limits.command_timeout;
  limits.content = configuration.limits.content_timeout;
  limits.connections_max = configuration.limits.connections_max;
  return limits;
}

submission::ListenerOptions listener_options(const config::Configuration& configuration,
                                             const config::Listener& listener, const net::ServerTlsContext* tls) {
  submission::ListenerOptions options;
  options.name = listener.name;
  options.address = listener.address.to_string();
  options.tls = tls;
  options.local_domains = configuration.local_domains;
  options.session.service = listener.service;
  options.session.hostname = configuration.hostname;
  options.session.size_max = configuration.limits.message_size_max;
  options.session.recipients_max = configuration.limits.recipients_max;
  options.session.errors_max = configuration.limits.errors_max;
  options.session.auth_failures_max = configuration.limits.auth_failures_max;
  options.session.is_starttls_available = tls != nullptr;
  options.session.may_auth_without_tls = listener.insecure_auth_without_tls;
  return options;
}

}  // namespace sealpost::daemon
