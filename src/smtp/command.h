// One command line of a client as a value (RFC 5321 §4.1.1; RFC 3207, RFC 4954 §4, RFC 3030 §2). The grammar alone:
// whether the command is allowed now is the session's decision. A line that breaks the grammar becomes the Reply that
// says so, from the catalogue. Never: an octet of the line in that reply; a guess at what the client may have meant
// beyond the tolerances named here.
#pragma once
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "base/secret.h"
#include "smtp/address.h"
#include "smtp/envelope.h"
#include "smtp/reply.h"

namespace sealpost::smtp {

enum class Verb : std::uint8_t {
  kUnknown,    // also an empty line
  kForbidden,  // another protocol's: GET, POST, CONNECT… A browser may have been made to speak to us; the session ends
  kEhlo,
  kHelo,
  kMail,
  kRcpt,
  kData,
  kBdat,
  kRset,
  kNoop,
  kQuit,
  kVrfy,
  kExpn,
  kHelp,
  kAuth,
  kStartTls,
};

/// "EHLO", "STARTTLS"; "" for kUnknown and kForbidden.
std::string_view to_string(Verb verb);

struct CommandLine {
  Verb verb = Verb::kUnknown;
  std::string_view argument;  // without the spaces around it; a view of the line
};

/// `line` without CRLF. Verbs are recognised in either case (RFC 5321 §2.4). Never fails: what is not recognised is
/// kUnknown.
CommandLine parse_command_line(std::string_view line);

/// The value of an argument, or the reply that refuses it.
template <class T>
using Parsed = std::expected<T, Reply>;

/// EHLO and HELO: the name the client calls itself, at most 255 octets, safe to be shown in a Received header: letters,
/// digits and
/// "-._:[]%" only. Beyond the grammar it takes what real clients send: underscores, single labels, bare IP addresses,
/// zone ids.
Parsed<std::string> parse_hello(Verb verb, std::string_view argument);

struct MailCommand {
  ReversePath reverse_path;
  MailParameters parameters;
};
/// "FROM:<path> parameters". 501 5.5.4 no FROM:, 501 5.1.7 bad path, 553 5.6.7 non-ASCII without SMTPUTF8, 555 5.5.4,
/// 501 5.5.4.
Parsed<MailCommand> parse_mail(std::string_view argument);

/// "TO:<path> parameters". `charset`: kUtf8 when this transaction's MAIL had SMTPUTF8. `own_hostname` completes
/// "<Postmaster>".
Parsed<Recipient> parse_rcpt(std::string_view argument, Charset charset, std::string_view own_hostname);

struct BdatCommand {
  std::uint64_t size_octets = 0;
  bool is_last = false;
};
/// "size" or "size LAST". A refusal means that the length of the chunk is unknown: the session cannot go on behind it
/// and must close.
Parsed<BdatCommand> parse_bdat(std::string_view argument);

struct AuthCommand {
  std::string mechanism;                         // upper case, 1 to 20 of A-Z 0-9 - _ (RFC 4422 §3.1)
  std::optional<SecretString> initial_response;  // decoded; "=" is an empty one (RFC 4954 §4)
};
/// "mechanism" or "mechanism initial-response".
Parsed<AuthCommand> parse_auth(std::string_view argument);
/// A line in answer to a 334: decoded base64, or the 501 for a broken one or for "*", with which the client cancels
/// (RFC 4954 §4).
Parsed<SecretString> parse_auth_response(std::string_view line);

/// The rule for the verbs whose argument is not parsed: DATA, RSET, QUIT and STARTTLS take none, VRFY and EXPN need
/// one, HELP and NOOP may have one. The refusal, or nothing.
std::optional<Reply> check_plain_argument(Verb verb, std::string_view argument);

}  // namespace sealpost::smtp
