// The verbs of the server session, one file each, and what follows when the world has answered their question. The verb
// table calls them only where they are allowed.
#pragma once
#include <string_view>

#include "base/bytes.h"
#include "smtp/server/session.h"

namespace sealpost::smtp::server {

// --- Checks: the refusal of a command that is allowed here in general, or null
const Reply* check_starttls(const Session& session);
const Reply* check_auth(const Session& session);
const Reply* check_data(const Session& session);

// --- The verbs
void run_ehlo(Session& session, std::string_view argument);
void run_helo(Session& session, std::string_view argument);
void run_starttls(Session& session, std::string_view argument);
void run_auth(Session& session, std::string_view argument);
void run_mail(Session& session, std::string_view argument);
void run_rcpt(Session& session, std::string_view argument);
void run_data(Session& session, std::string_view argument);
void run_bdat(Session& session, std::string_view argument);
void run_rset(Session& session, std::string_view argument);
void run_noop(Session& session, std::string_view argument);
void run_vrfy(Session& session, std::string_view argument);
void run_help(Session& session, std::string_view argument);
void run_quit(Session& session, std::string_view argument);

/// RFC 3030 §2: a BDAT that is refused before it runs still has its chunk behind it.
void refuse_bdat(Session& session, std::string_view argument, const Reply& reply);
/// A line within an AUTH exchange.
void auth_response(Session& session, std::string_view line);

// --- Answers
void auth_answered(Session& session, Answer answer);
void mail_answered(Session& session, SenderQuestion asked, Answer answer);
void rcpt_answered(Session& session, RecipientQuestion asked, Answer answer);
void data_answered(Session& session, Answer answer);
void bdat_answered(Session& session, BdatCommand chunk, Answer answer);
void content_answered(Session& session, Answer answer);

/// RFC 1870 §4: a limit of zero is no limit.
inline bool is_over_size_max(const ServerOptions& options, Bytes size) {
  return options.size_max.count != 0 && size > options.size_max;
}

}  // namespace sealpost::smtp::server
