// The rows, and the one order in which their conditions are checked: TLS, place in the dialogue, login, argument, the
// verb's own check.
#include "smtp/verb_table.h"

#include <algorithm>
#include <array>

#include "smtp/reply_catalogue.h"
#include "smtp/server/session.h"
#include "smtp/server/verbs.h"

namespace sealpost::smtp::server {

namespace {

constexpr std::uint8_t kAnywhere = kBeforeHello | kReady | kInTransaction | kBetweenChunks;

// RFC 3207 §4: where TLS is required, everything but NOOP, EHLO, STARTTLS and QUIT is 530; HELO says no more than EHLO.
// RFC 5321 §4.1.4: NOOP, HELP, VRFY and RSET may be used at any time.
// clang-format off
constexpr std::array kRows = {
    //      verb             tls    auth   last   allowed where                                 check            run
    VerbRow{Verb::kEhlo,     false, false, false, kAnywhere,                                    nullptr,         run_ehlo},
    VerbRow{Verb::kHelo,     false, false, false, kAnywhere,                                    nullptr,         run_helo},
    VerbRow{Verb::kStartTls, false, false, true,  kBeforeHello | kReady | kInTransaction,       check_starttls,  run_starttls},
    VerbRow{Verb::kAuth,     true,  false, false, kReady,                                       check_auth,      run_auth},
    VerbRow{Verb::kMail,     true,  true,  false, kReady,                                       nullptr,         run_mail},
    VerbRow{Verb::kRcpt,     true,  true,  false, kInTransaction,                               nullptr,         run_rcpt},
    VerbRow{Verb::kData,     true,  true,  false, kInTransaction,                               check_data,      run_data},
    VerbRow{Verb::kBdat,     true,  true,  false, kInTransaction | kBetweenChunks,              nullptr,         run_bdat},
    VerbRow{Verb::kRset,     true,  false, false, kAnywhere,                                    nullptr,         run_rset},
    VerbRow{Verb::kVrfy,     true,  false, false, kAnywhere,                                    nullptr,         run_vrfy},
    VerbRow{Verb::kHelp,     true,  false, false, kAnywhere,                                    nullptr,         run_help},
    VerbRow{Verb::kNoop,     false, false, false, kAnywhere,                                    nullptr,         run_noop},
    VerbRow{Verb::kQuit,     false, false, false, kAnywhere,                                    nullptr,         run_quit},
};
// clang-format on

Situation situation_of(const Session& session) {
  if (const auto* transaction = std::get_if<Transaction>(&session.state()))
    return std::holds_alternative<ReceivingChunks>(transaction->stage) ? kBetweenChunks : kInTransaction;
  return session.helo().empty() ? kBeforeHello : kReady;
}

/// 503, with the sentence that helps.
const Reply& out_of_place(Verb verb, Situation situation) {
  if (situation == kBeforeHello) return catalogue::bad_sequence(Verb::kEhlo);
  if (situation == kReady) return catalogue::bad_sequence(Verb::kMail);
  if (verb == Verb::kMail) return catalogue::nested_mail();
  if (verb == Verb::kAuth) return catalogue::auth_during_transaction();
  return catalogue::bdat_outstanding();
}

bool lacks_required_tls(const Session& session) {
  return session.options().service == Service::kSubmission && !session.tls() && !session.options().may_auth_without_tls;
}

/// RFC 6409 §4.3: on the submission services nobody sends without a login.
bool lacks_required_login(const Session& session) {
  return session.options().service != Service::kSmtp && !session.principal();
}

void refuse(Session& session, const CommandLine& command, const Reply& reply) {
  if (command.verb == Verb::kBdat) return refuse_bdat(session, command.argument, reply);
  session.say(reply);
}

}  // namespace

const VerbRow* find_verb_row(Verb verb) {
  const auto* const row = std::ranges::find(kRows, verb, &VerbRow::verb);
  return row == kRows.end() ? nullptr : row;
}

void run_command(Session& session, const CommandLine& command) {
  const VerbRow* row = find_verb_row(command.verb);
  if (row == nullptr) {
    if (command.verb == Verb::kForbidden) {
      session.say(catalogue::forbidden_protocol());
      return session.close(CloseReason::kForbidden);
    }
    return session.say(command.verb == Verb::kUnknown ? catalogue::unknown_command()
                                                      : catalogue::command_not_implemented());
  }
  if (row->needs_tls && lacks_required_tls(session)) return refuse(session, command, catalogue::tls_required());
  const Situation situation = situation_of(session);
  if ((row->allowed & situation) == 0) return refuse(session, command, out_of_place(row->verb, situation));
  if (row->needs_auth && lacks_required_login(session))
    return refuse(session, command, catalogue::authentication_required());
  if (const auto refusal = check_plain_argument(command.verb, command.argument))
    return refuse(session, command, *refusal);
  if (row->check != nullptr)
    if (const Reply* refusal = row->check(session)) return refuse(session, command, *refusal);
  // Refused above, the verb had no effect and what follows is harmless; from here on it would be taken for something it
  // is not.
  if (row->ends_group && session.has_input()) return session.close(CloseReason::kInjection);
  row->run(session, command.argument);
}

}  // namespace sealpost::smtp::server
