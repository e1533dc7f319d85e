// What sealpost-load was asked to do: the command line as values. Nothing here changes while it runs.
#pragma once
#include <chrono>
#include <cstdint>
#include <string>

#include "tls.h"

namespace sealpost::bench {

struct LoadSettings {
  std::string host = "127.0.0.1";
  std::uint16_t port = 465;
  TlsMode tls = TlsMode::kImplicit;
  std::string user;
  std::string password;
  std::uint32_t connections = 1;        // at the same time
  std::uint64_t messages = 1;           // per connection
  std::uint64_t connections_total = 0;  // 0: as many as fit into `window`, or one per slot when there is no window
  std::size_t size_bytes = 2048;        // of a message, header included
  std::chrono::duration<double> window{0};
  std::chrono::duration<double> warm_up{0};
  std::chrono::duration<double> timeout{60};  // without any progress on a connection
  bool is_pipelining = true;
  bool uses_bdat = false;
  bool resumes = false;
  bool reconnects = false;
  std::string from = "ann@example.com";
  std::string to = "recipient@another.example";
  std::string ledger_file;
  std::uint64_t run_id = 0;  // what the ids of this run begin with; 0: a random one
  bool prints_json = false;
  unsigned threads = 1;
  std::uint32_t idle = 0;  // connections to hold instead of sending
  std::chrono::duration<double> hold{10};

  bool has_window() const { return window.count() > 0; }
};

}  // namespace sealpost::bench
