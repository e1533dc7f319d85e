// What the EHLO reply offers (RFC 5321 §4.1.1.1), derived from the listener's options and the state of the session
// alone. The verbs ask the same functions, so what is offered and what is taken cannot differ.
#pragma once
#include "smtp/reply.h"
#include "smtp/server_session.h"

namespace sealpost::smtp {

/// What of a session decides about its extensions.
struct SessionFacts {
  bool is_secure = false;
  bool is_authenticated = false;
};

/// STARTTLS: RFC 3207 §4.2 forbids it under TLS, and `submissions` begins under TLS.
bool offers_starttls(const ServerOptions& options, SessionFacts facts);
/// AUTH: never on port 25, never without TLS (RFC 4954 §4) unless the option whose name says so is set, and only once.
bool offers_auth(const ServerOptions& options, SessionFacts facts);

/// The whole reply to EHLO, the hostname first and HELP last.
Reply ehlo_reply(const ServerOptions& options, SessionFacts facts);

}  // namespace sealpost::smtp
