// The EHLO reply. Lines common to RFC 5321's examples keep their order; clients do not depend on it.
#include "smtp/extension.h"

#include <iterator>
#include <string>

#include <fmt/format.h>

namespace sealpost::smtp {

bool offers_starttls(const ServerOptions& options, SessionFacts facts) {
  return !facts.is_secure && options.service != Service::kSubmissions && options.is_starttls_available;
}

bool offers_auth(const ServerOptions& options, SessionFacts facts) {
  if (options.service == Service::kSmtp || options.mechanisms.empty()) return false;
  // RFC 4954 §4: after a success no AUTH may follow, so none is offered.
  if (facts.is_authenticated) return false;
  return facts.is_secure || options.may_auth_without_tls;
}

Reply ehlo_reply(const ServerOptions& options, SessionFacts facts) {
  std::string text = options.hostname;
  const auto offer = [&text](std::string_view line) { text.append("\n").append(line); };
  offer("PIPELINING");  // RFC 2920
  if (offers_starttls(options, facts)) offer("STARTTLS");
  if (offers_auth(options, facts)) {
    offer("AUTH");
    for (const std::string& mechanism : options.mechanisms) text.append(" ").append(mechanism);
  }
  offer("8BITMIME");                                                              // RFC 6152
  fmt::format_to(std::back_inserter(text), "\nSIZE {}", options.size_max.count);  // RFC 1870 §4
  offer("SMTPUTF8");                                                              // RFC 6531
  offer("CHUNKING");                                                              // RFC 3030
  offer("ENHANCEDSTATUSCODES");                                                   // RFC 2034
  offer("DSN");                                                                   // RFC 3461
  offer("HELP");
  return {250, {}, std::move(text)};
}

}  // namespace sealpost::smtp
