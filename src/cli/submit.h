// Submits one message for `sealpost send`: connects, secures, drives smtp::ClientSession, and shows every step.
#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/dialogue_printer.h"
#include "net/task.h"
#include "smtp/client_session.h"

namespace sealpost::cli {

enum class SendTls { kImplicit, kStartTls, kNone };

struct Server {
  std::string host;
  std::uint16_t port = 465;
  SendTls tls = SendTls::kImplicit;
  std::string ca_file;      // empty: the system's roots
  std::string server_name;  // the name that the certificate must carry; empty: `host`
  bool verifies = true;
  std::chrono::seconds timeout{60};  // for the whole session
};

/// "mail.example.com", "mail.example.com:587", "[::1]:465". Fault::kConfiguration otherwise.
Result<Server> parse_server(const std::string& text);

struct Submission {
  bool is_accepted = false;          // by the server, for every recipient
  std::vector<std::string> replies;  // the final one for each recipient
  std::string queue_id;              // out of "queued as ID", when the server says so
};

/// An Error when the session ended before the message was decided: its text is one line for stderr.
net::Task<Result<Submission>> submit(const Server& server, const smtp::ClientOptions& options,
                                     const smtp::Envelope& envelope, const std::string& content,
                                     DialoguePrinter& printer);

}  // namespace sealpost::cli
