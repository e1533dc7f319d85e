// The verb table of the server session: one row per verb says where the verb is allowed and what runs it. What is not
// listed is refused.
#pragma once
#include <cstdint>
#include <string_view>

#include "smtp/command.h"
#include "smtp/reply.h"

namespace sealpost::smtp::server {

class Session;

/// Where in the dialogue a command arrives. A set of these is what a row allows.
enum Situation : std::uint8_t {
  kBeforeHello = 1,    // neither EHLO nor HELO yet
  kReady = 2,          // no transaction
  kInTransaction = 4,  // MAIL was accepted
  kBetweenChunks = 8,  // a BDAT that was not the last one
};

struct VerbRow {
  Verb verb;
  bool needs_tls;   // where the service requires TLS
  bool needs_auth;  // where the service requires a login
  bool ends_group;  // must be the last of a pipelined group: input behind it is an attack (RFC 3207 §4, CVE-2011-0411)
  std::uint8_t allowed;                           // Situations
  const Reply* (*check)(const Session& session);  // null: nothing more to check
  void (*run)(Session& session, std::string_view argument);
};

/// Null for a verb that is not served.
const VerbRow* find_verb_row(Verb verb);

/// Refuses the command or runs it. Called while no content and no AUTH response is awaited.
void run_command(Session& session, const CommandLine& command);

}  // namespace sealpost::smtp::server
