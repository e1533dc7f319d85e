// The configuration as plain values: what one sealpost.toml says, defaults filled in, relative paths made absolute.
// Every default of the product stands here and nowhere else; which key sets which member is said in parameter_table.cc.
// Never: a value that has not passed the table's type and range.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/secret.h"
#include "observe/log.h"
#include "smtp/server_session.h"

namespace sealpost::config {

/// A numeric address with its port: "127.0.0.1:465", "[::1]:465".
struct Endpoint {
  std::string ip;  // without brackets
  std::uint16_t port = 0;

  bool operator==(const Endpoint&) const = default;
  std::string to_string() const;
  static std::optional<Endpoint> parse(std::string_view text);
  bool is_loopback() const;
};

struct Tls {
  std::string certificate;  // absolute path, PEM chain, leaf first; empty when none is given
  std::string private_key;  // absolute path, PEM
};

struct Users {
  std::string database;  // absolute path; <data_directory>/users.db unless given
};

struct Limits {
  Bytes message_size_max = {52'428'800};      // 50 MiB, the SIZE of the EHLO reply (RFC 1870)
  std::uint32_t recipients_max = 1000;        // RFC 5321 §4.5.3.1.8 asks for at least 100
  std::uint32_t connections_max = 10'000;     // of all listeners together
  std::uint32_t errors_max = 20;              // replies 4xx/5xx in one session before 421
  std::uint32_t auth_failures_max = 3;        // RFC 4954 §9: no fewer than 3
  std::chrono::seconds command_timeout{300};  // RFC 5321 §4.5.3.2.7: at least 5 minutes
  std::chrono::seconds content_timeout{180};  // RFC 5321 §4.5.3.2.5: a client may take 3 minutes per block
  std::chrono::seconds handshake_timeout{10};
  std::chrono::seconds drain_timeout{30};
};

struct Listener {
  smtp::Service service = smtp::Service::kSubmissions;
  Endpoint address;
  std::string name;  // "submissions@127.0.0.1:465" unless given
  bool insecure_auth_without_tls = false;
};

enum class Deliver : std::uint8_t { kMx, kSmtp, kLmtp, kMaildir, kDiscard };
enum class RouteTls : std::uint8_t {
  kNone,
  kOpportunistic,  // STARTTLS where offered, unverified
  kRequired,       // STARTTLS or nothing, certificate verified
  kImplicit,       // TLS before the greeting, certificate verified
};

/// Where mail for some domains goes. The first route with a matching pattern is taken.
struct Route {
  std::vector<std::string> domains;  // lower case: "*", "example.com", or "*.example.com" for every name below it
  Deliver deliver = Deliver::kSmtp;
  std::string host;
  std::uint16_t port = 0;  // never 0 after loading where a host is given
  std::string socket;      // absolute path of a Unix-domain socket, LMTP only
  std::string path;        // absolute path of the Maildir
  RouteTls tls = RouteTls::kOpportunistic;
  std::string ca_file;  // absolute path; empty: the system's roots
  std::string username;
  SecretString password;  // from password or password_file
  std::string password_file;
  std::uint32_t connections_max = 20;
  std::uint32_t messages_per_connection = 100;
};

struct Queue {
  /// Waiting time before the second, third… attempt; the last one repeats.
  std::vector<std::chrono::seconds> retry = {
      std::chrono::minutes(1), std::chrono::minutes(5), std::chrono::minutes(15), std::chrono::minutes(30),
      std::chrono::hours(1),   std::chrono::hours(2),   std::chrono::hours(4)};
  std::chrono::seconds expire = std::chrono::hours(24 * 5);    // RFC 5321 §4.5.4.1: at least 4–5 days
  std::chrono::seconds delay_warning = std::chrono::hours(4);  // 0: no "delayed" reports
  std::uint32_t concurrency = 100;                             // connections of all routes together
};

struct Spool {
  Bytes inline_max = {32 * 1024};
  Bytes segment_size = {64ULL << 20};
  Bytes in_memory_content_max = {256ULL << 20};
  Bytes free_space_min = {64ULL << 20};
};

struct Log {
  observe::LogFormat format = observe::LogFormat::kLogfmt;
  observe::Level level = observe::Level::kInfo;
};

struct Threads {
  std::uint32_t network = 0;           // 0: one per core
  std::uint32_t password_hashing = 0;  // 0: half as many as cores, at least one
};

/// Where a value was written. An entry with an empty key is the section's own header.
struct Origin {
  std::string section;    // "" for keys above the first section
  std::size_t index = 0;  // which [[listener]] or [[route]]
  std::string key;
  std::uint32_t line = 0;  // from 1
};

struct Configuration {
  std::string file;  // absolute path
  std::string hostname;
  std::string data_directory;              // absolute path
  std::vector<std::string> local_domains;  // lower case
  Tls tls;
  Users users;
  Limits limits;
  std::vector<Listener> listeners;
  std::vector<Route> routes;
  Queue queue;
  Spool spool;
  Log log;
  Threads threads;

  /// Of everything that the file says; what is not here is a default.
  std::vector<Origin> origins;
  /// The line that sets a value; nothing for a default.
  std::optional<std::uint32_t> line_of(std::string_view section, std::size_t index, std::string_view key) const;
};

}  // namespace sealpost::config
