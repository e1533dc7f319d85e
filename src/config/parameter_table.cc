// The rows. Defaults are not repeated here: they are the member initialisers of configuration.h, read through the row's
// getter.
#include "config/parameter_table.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace sealpost::config {

namespace {

using C = Configuration;

constexpr std::int64_t kCountMax = 1'000'000'000;
constexpr std::int64_t kDay = 86'400;
constexpr std::int64_t kYear = 365 * kDay;

constexpr std::array<std::string_view, 3> kServices = {"submissions", "submission", "smtp"};
constexpr std::array<std::string_view, 5> kDelivers = {"mx", "smtp", "lmtp", "maildir", "discard"};
constexpr std::array<std::string_view, 4> kRouteTls = {"none", "opportunistic", "required", "implicit"};
constexpr std::array<std::string_view, 2> kLogFormats = {"logfmt", "json"};
constexpr std::array<std::string_view, 4> kLogLevels = {"debug", "info", "warning", "error"};

template <auto Section, auto Member>
constexpr Parameter row(std::string_view section, std::string_view key, Type type, std::string_view sentence) {
  return {.section = section,
          .key = key,
          .type = type,
          .sentence = sentence,
          .set = set_field<Section, Member>,
          .get = get_field<Section, Member>};
}

constexpr Parameter required(Parameter p) { return p.is_required = true, p; }
constexpr Parameter range(Parameter p, std::int64_t minimum, std::int64_t maximum) {
  return p.minimum = minimum, p.maximum = maximum, p;
}
constexpr Parameter choice(Parameter p, std::span<const std::string_view> choices) { return p.choices = choices, p; }
constexpr Parameter defaults_to(Parameter p, std::string_view words) { return p.computed_default = words, p; }
constexpr Parameter only_for(Parameter p, std::string_view delivers) { return p.deliver_only = delivers, p; }

template <auto Section>
std::size_t size_of(const Configuration& configuration) {
  return (configuration.*Section).size();
}
template <auto Section>
void append(Configuration& configuration) {
  (configuration.*Section).emplace_back();
}
std::size_t one(const Configuration&) { return 1; }

constexpr std::array kSections = {
    SectionRow{"", false, "Keys above the first section.", one, nullptr},
    SectionRow{"tls", false, "The certificate that every listener shows.", one, nullptr},
    SectionRow{"users", false, "Who may log in.", one, nullptr},
    SectionRow{"limits", false, "What one session, or all of them together, may use.", one, nullptr},
    SectionRow{"listener", true, "One address to listen on; at least one.", size_of<&C::listeners>,
               append<&C::listeners>},
    SectionRow{"route", true, "Where mail goes, by the recipient's domain. The first route that matches is taken.",
               size_of<&C::routes>, append<&C::routes>},
    SectionRow{"queue", false, "How long and how often delivery is tried.", one, nullptr},
    SectionRow{"spool", false, "How accepted mail is kept on disk.", one, nullptr},
    SectionRow{"log", false, "What is written to standard error.", one, nullptr},
    SectionRow{"threads", false, "How many threads do the work.", one, nullptr},
};

constexpr std::array kParameters = {
    required(row<nullptr, &C::hostname>("", "hostname", Type::kText,
                                        "The name of this server in its greeting, in trace headers and towards other "
                                        "servers. Should resolve to its address.")),
    required(row<nullptr, &C::data_directory>(
        "", "data_directory", Type::kPath,
        "Where the spool and the user database live. Created with mode 0700 when missing.")),
    row<nullptr, &C::local_domains>("", "local_domains", Type::kTextList,
                                    "The domains for which listeners with service `smtp` accept mail without a login."),

    row<&C::tls, &Tls::certificate>("tls", "certificate", Type::kPath,
                                    "PEM file with the certificate chain, leaf first."),
    row<&C::tls, &Tls::private_key>("tls", "private_key", Type::kPath,
                                    "PEM file with the private key of the certificate."),

    defaults_to(
        row<&C::users, &Users::database>("users", "database", Type::kPath, "The database that `sealpost user` keeps."),
        "users.db in the data directory"),

    range(row<&C::limits, &Limits::message_size_max>("limits", "message_size_max", Type::kSize,
                                                     "The largest message, as announced with SIZE (RFC 1870)."),
          65'536, 1LL << 40),
    range(row<&C::limits, &Limits::recipients_max>(
              "limits", "recipients_max", Type::kCount,
              "Recipients of one message; RFC 5321 §4.5.3.1.8 asks for at least 100."),
          100, 1'000'000),
    range(
        row<&C::limits, &Limits::connections_max>(
            "limits", "connections_max", Type::kCount,
            "Connections at one time, of all listeners together; more are told 421, or closed where TLS comes first."),
        1, 1'000'000),
    range(row<&C::limits, &Limits::errors_max>(
              "limits", "errors_max", Type::kCount,
              "Commands refused in one session, since its last accepted message, before it is ended with 421."),
          1, 1'000'000),
    range(row<&C::limits, &Limits::auth_failures_max>(
              "limits", "auth_failures_max", Type::kCount,
              "Failed logins in one session before it is ended; RFC 4954 §9 asks for at least 3."),
          3, 1000),
    range(row<&C::limits, &Limits::command_timeout>(
              "limits", "command_timeout", Type::kDuration,
              "How long the server waits for a command; RFC 5321 §4.5.3.2.7 asks for at least 5 minutes."),
          1, kDay),
    range(row<&C::limits, &Limits::content_timeout>("limits", "content_timeout", Type::kDuration,
                                                    "How long the server waits for more of a message's content."),
          1, kDay),
    range(row<&C::limits, &Limits::handshake_timeout>("limits", "handshake_timeout", Type::kDuration,
                                                      "How long a TLS handshake may take."),
          1, 3600),
    range(row<&C::limits, &Limits::drain_timeout>(
              "limits", "drain_timeout", Type::kDuration,
              "How long sessions and deliveries in progress may go on after SIGTERM. Deliveries have 10 seconds after "
              "the last session in any case."),
          0, 3600),

    required(choice(row<&C::listeners, &Listener::service>("listener", "service", Type::kChoice,
                                                           "`submissions`: TLS from the first octet (RFC 8314, port "
                                                           "465). `submission`: STARTTLS (RFC 6409, port 587). "
                                                           "`smtp`: mail for local_domains, no login (port 25)."),
                    kServices)),
    required(row<&C::listeners, &Listener::address>(
        "listener", "address", Type::kEndpoint,
        "Numeric address and port: `127.0.0.1:465`, `[::]:465`. Port 0 lets the system choose.")),
    defaults_to(
        row<&C::listeners, &Listener::name>("listener", "name", Type::kText, "What the listener is called in the log."),
        "service@address"),
    row<&C::listeners, &Listener::insecure_auth_without_tls>(
        "listener", "insecure_auth_without_tls", Type::kBoolean,
        "Offers logins before STARTTLS, so that passwords cross the network readable. Only for service `submission`, "
        "and only for tests."),

    required(row<&C::routes, &Route::domains>(
        "route", "domains", Type::kTextList,
        "`*` for every domain, `example.com` for that domain, `*.example.com` for every domain below it.")),
    required(
        choice(row<&C::routes, &Route::deliver>("route", "deliver", Type::kChoice,
                                                "`smtp`: a fixed host. `lmtp`: a local delivery server. `maildir`: a "
                                                "Maildir on this machine. `discard`: nowhere. "
                                                "`mx` is reserved for delivery by MX records and not available yet."),
               kDelivers)),
    only_for(row<&C::routes, &Route::host>("route", "host", Type::kText, "Name or numeric address of the next server."),
             "smtp,lmtp"),
    only_for(defaults_to(range(row<&C::routes, &Route::port>("route", "port", Type::kCount, "Port of the next server."),
                               1, 65'535),
                         "25; 465 with implicit TLS; 24 for LMTP"),
             "smtp,lmtp"),
    only_for(row<&C::routes, &Route::socket>("route", "socket", Type::kPath,
                                             "Unix-domain socket of the LMTP server, instead of host."),
             "lmtp"),
    only_for(row<&C::routes, &Route::path>("route", "path", Type::kPath, "The Maildir; created when missing."),
             "maildir"),
    only_for(defaults_to(choice(row<&C::routes, &Route::tls>(
                                    "route", "tls", Type::kChoice,
                                    "`none`. `opportunistic`: STARTTLS where offered, unverified. "
                                    "`required`: STARTTLS with a verified certificate, or no delivery. "
                                    "`implicit`: TLS before the greeting, with a verified certificate."),
                                kRouteTls),
                         "`opportunistic`; `none` for LMTP"),
             "smtp,lmtp"),
    only_for(defaults_to(row<&C::routes, &Route::ca_file>(
                             "route", "ca_file", Type::kPath,
                             "PEM file with the authorities that the next server's certificate is verified with."),
                         "those of the system"),
             "smtp,lmtp"),
    only_for(row<&C::routes, &Route::username>("route", "username", Type::kText,
                                               "Name to log in with at the next server; needs verified TLS."),
             "smtp"),
    only_for(row<&C::routes, &Route::password>("route", "password", Type::kSecret,
                                               "Password for username; better kept in password_file."),
             "smtp"),
    only_for(row<&C::routes, &Route::password_file>("route", "password_file", Type::kPath,
                                                    "File whose first line is the password for username."),
             "smtp"),
    only_for(range(row<&C::routes, &Route::connections_max>("route", "connections_max", Type::kCount,
                                                            "Connections to the next server at one time."),
                   1, 10'000),
             "smtp,lmtp"),
    only_for(range(row<&C::routes, &Route::messages_per_connection>(
                       "route", "messages_per_connection", Type::kCount,
                       "Messages sent over one connection before it is closed."),
                   1, 1'000'000),
             "smtp,lmtp"),

    range(row<&C::queue, &Queue::retry>(
              "queue", "retry", Type::kDurationList,
              "Waiting times before the second, third and later attempts; the last one repeats."),
          1, 30 * kDay),
    range(row<&C::queue, &Queue::expire>("queue", "expire", Type::kDuration,
                                         "When mail that cannot be delivered goes back to its sender; RFC 5321 "
                                         "§4.5.4.1 asks for at least 4 to 5 days."),
          60, kYear),
    range(row<&C::queue, &Queue::delay_warning>("queue", "delay_warning", Type::kDuration,
                                                "When the sender is told that mail is late; 0 for never."),
          0, kYear),
    range(row<&C::queue, &Queue::concurrency>("queue", "concurrency", Type::kCount,
                                              "Connections of all routes together at one time. When there are too few, "
                                              "idle ones end and the routes take turns."),
          1, 100'000),

    range(row<&C::spool, &Spool::inline_max>(
              "spool", "inline_max", Type::kSize,
              "Contents up to this size are stored with the envelope, larger ones in segment files."),
          0, 1LL << 20),
    range(row<&C::spool, &Spool::segment_size>("spool", "segment_size", Type::kSize, "Size of one segment file."),
          1LL << 20, 1LL << 32),
    range(row<&C::spool, &Spool::in_memory_content_max>(
              "spool", "in_memory_content_max", Type::kSize,
              "Memory for contents being received, over all sessions; beyond it mail is deferred with 452."),
          1LL << 20, 1LL << 40),
    range(row<&C::spool, &Spool::free_space_min>("spool", "free_space_min", Type::kSize,
                                                 "Free disk space below which mail is deferred with 452."),
          0, 1LL << 50),

    choice(row<&C::log, &Log::format>("log", "format", Type::kChoice,
                                      "`logfmt` for people, `json` for collectors; one line per event."),
           kLogFormats),
    choice(row<&C::log, &Log::level>("log", "level", Type::kChoice, "The least important level that is written."),
           kLogLevels),

    range(row<&C::threads, &Threads::network>("threads", "network", Type::kCount,
                                              "Threads that serve connections; 0 for one per core."),
          0, 1024),
    range(row<&C::threads, &Threads::password_hashing>(
              "threads", "password_hashing", Type::kCount,
              "Threads that check passwords; 0 for half as many as there are cores. Each needs 19 MiB while it works."),
          0, 1024),
};

static_assert(std::ranges::all_of(kParameters,
                                  [](const Parameter& p) { return p.maximum <= kCountMax || p.type != Type::kCount; }));

/// Levenshtein distance; keys are short.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> costs(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) costs.at(j) = j;
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(costs.at(0), i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t above = costs.at(j + 1);
      costs.at(j + 1) = std::min({above + 1, costs.at(j) + 1, diagonal + (a.at(i) == b.at(j) ? 0 : 1)});
      diagonal = above;
    }
  }
  return costs.back();
}

constexpr std::size_t kNameMax = 64;  // longer than any of ours, so nobody meant one of them

bool is_like(std::string_view written, std::string_view known) {
  if (written.size() > kNameMax || known.empty()) return false;
  // Two neighbours exchanged are two changes: "prot" for "port".
  const std::size_t changes_max = known.size() < 4 ? 1 : std::max<std::size_t>(2, known.size() / 3);
  return distance(written, known) <= changes_max;
}

std::string bracketed(const SectionRow& section) {
  return section.is_array ? fmt::format("[[{}]]", section.name) : fmt::format("[{}]", section.name);
}

}  // namespace

std::span<const SectionRow> sections() { return kSections; }
std::span<const Parameter> parameters() { return kParameters; }

const SectionRow* find_section(std::string_view name) {
  const auto found = std::ranges::find(kSections, name, &SectionRow::name);
  return found == kSections.end() ? nullptr : &*found;
}

const Parameter* find_parameter(std::string_view section, std::string_view key) {
  const auto found =
      std::ranges::find_if(kParameters, [&](const Parameter& p) { return p.section == section && p.key == key; });
  return found == kParameters.end() ? nullptr : &*found;
}

std::string full_name(std::string_view section, std::string_view key) {
  return section.empty() ? std::string(key) : fmt::format("{}.{}", section, key);
}

std::string suggest_key(std::string_view section, std::string_view key) {
  // A key of the top level written below a section's header belongs to that section in TOML; that is the commonest
  // mistake.
  for (const SectionRow& other : kSections) {
    if (!find_parameter(other.name, key)) continue;
    if (other.name.empty()) return fmt::format(" (\"{}\" belongs above the first section)", key);
    return fmt::format(" (\"{}\" belongs to {})", key, bracketed(other));
  }
  const Parameter* best = nullptr;
  for (const Parameter& p : kParameters) {
    if (p.section != section || !is_like(key, p.key)) continue;
    if (!best || distance(key, p.key) < distance(key, best->key)) best = &p;
  }
  return best ? fmt::format(" (did you mean \"{}\"?)", best->key) : std::string();
}

std::string suggest_section(std::string_view name) {
  for (const SectionRow& section : kSections) {
    if (is_like(name, section.name)) return fmt::format(" (did you mean {}?)", bracketed(section));
  }
  return {};
}

}  // namespace sealpost::config
