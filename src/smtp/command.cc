// The grammar of command lines, written after RFC 5321 §4.1.1 and the extensions' own documents.
#include "smtp/command.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/base64.h"
#include "smtp/core_rules.h"
#include "smtp/parameter_grammar.h"
#include "smtp/reply_catalogue.h"

namespace sealpost::smtp {

namespace {

constexpr std::size_t kHelloMax = 255;           // RFC 5321 §4.5.3.1.2, a domain
constexpr std::size_t kMechanismNameMax = 20;    // RFC 4422 §3.1
constexpr std::size_t kChunkSizeDigitsMax = 20;  // RFC 3030 §2: chunk-size is 1*DIGIT; more than 64 bits is no size

struct VerbName {
  std::string_view name;
  Verb verb;
};

// The most frequent first: a transaction is MAIL, RCPT, DATA.
constexpr std::array kVerbs = std::to_array<VerbName>({
    {"RCPT", Verb::kRcpt},
    {"MAIL", Verb::kMail},
    {"DATA", Verb::kData},
    {"EHLO", Verb::kEhlo},
    {"QUIT", Verb::kQuit},
    {"RSET", Verb::kRset},
    {"AUTH", Verb::kAuth},
    {"BDAT", Verb::kBdat},
    {"NOOP", Verb::kNoop},
    {"HELO", Verb::kHelo},
    {"STARTTLS", Verb::kStartTls},
    {"HELP", Verb::kHelp},
    {"VRFY", Verb::kVrfy},
    {"EXPN", Verb::kExpn},
});

// RFC 9110 §9.3, RFC 5789, and the preface of HTTP/2 (RFC 9113 §3.4).
constexpr std::array<std::string_view, 10> kForbiddenVerbs = {"GET",     "POST",   "PUT",   "HEAD",  "OPTIONS",
                                                              "CONNECT", "DELETE", "PATCH", "TRACE", "PRI"};

Verb find_verb(std::string_view name) {
  const auto is_it = [name](std::string_view candidate) { return equals_ignoring_case(candidate, name); };
  const auto* const known = std::ranges::find_if(kVerbs, is_it, &VerbName::name);
  if (known != kVerbs.end()) return known->verb;
  return std::ranges::any_of(kForbiddenVerbs, is_it) ? Verb::kForbidden : Verb::kUnknown;
}

std::string_view trim(std::string_view text) {
  // RFC 5321 §4.1.1: servers tolerate trailing white space. Spaces in front of an argument are tolerated likewise.
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  const std::size_t last = text.find_last_not_of(" \t");
  return last == std::string_view::npos ? std::string_view() : text.substr(0, last + 1);
}

std::unexpected<Reply> refuse(const Reply& reply) { return std::unexpected<Reply>(reply); }

/// What stands behind "FROM:" or "TO:". RFC 5321 §3.3 (tolerant): no space belongs behind the colon, yet clients in use
/// send it.
std::optional<std::string_view> skip_keyword(std::string_view argument, std::string_view keyword) {
  if (!starts_with_ignoring_case(argument, keyword)) return std::nullopt;
  return trim(argument.substr(keyword.size()));
}

/// All of `text` is a decimal number of at most `digits_max` digits that fits 64 bits.
std::optional<std::uint64_t> parse_number(std::string_view text, std::size_t digits_max) {
  if (text.empty() || text.size() > digits_max || !std::ranges::all_of(text, is_digit)) return std::nullopt;
  std::uint64_t number = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
  if (result.ec != std::errc()) return std::nullopt;
  return number;
}

Parsed<SecretString> decode_response(std::string_view text) {
  std::optional<std::string> octets = base64_decode(text);
  if (!octets) return refuse(catalogue::auth_bad_base64());
  SecretString response(*octets);
  wipe(octets->data(), octets->size());
  return response;
}

}  // namespace

std::string_view to_string(Verb verb) {
  const auto* const known = std::ranges::find(kVerbs, verb, &VerbName::verb);
  return known == kVerbs.end() ? std::string_view() : known->name;
}

CommandLine parse_command_line(std::string_view line) {
  const std::string_view trimmed = line.substr(0, line.find_last_not_of(" \t") + 1);
  const std::string_view name = trimmed.substr(0, trimmed.find(' '));
  return {find_verb(name), trim(trimmed.substr(name.size()))};
}

Parsed<std::string> parse_hello(Verb verb, std::string_view argument) {
  // RFC 5321 §4.1.1.1 (tolerant): a Domain or an address literal is asked for. Submission clients send what their
  // computer is called, an underscore included, or a bare or scoped IP address; none of it is relied upon. What could
  // disturb a header or a log is refused.
  const auto is_permitted = [](char octet) {
    return is_alpha(octet) || is_digit(octet) || std::string_view("-._:[]%").find(octet) != std::string_view::npos;
  };
  if (argument.empty() || argument.size() > kHelloMax || !std::ranges::all_of(argument, is_permitted)) {
    return refuse(catalogue::syntax(verb));
  }
  return std::string(argument);
}

Parsed<MailCommand> parse_mail(std::string_view argument) {
  const std::optional<std::string_view> text = skip_keyword(argument, "FROM:");
  if (!text) return refuse(catalogue::syntax(Verb::kMail));
  // Whether UTF-8 is allowed is said behind the path, so the path is read as if it were.
  std::optional<PathAndRest> path = parse_path(*text, Charset::kUtf8, {});
  if (!path) return refuse(catalogue::bad_sender_address());
  std::expected<MailParameters, Reply> parameters = parse_mail_parameters(path->rest);
  if (!parameters) return std::unexpected(std::move(parameters.error()));
  if (path->path && !path->path->is_ascii() && !parameters->is_smtputf8) return refuse(catalogue::smtputf8_required());
  return MailCommand{std::move(path->path), *std::move(parameters)};
}

Parsed<Recipient> parse_rcpt(std::string_view argument, Charset charset, std::string_view own_hostname) {
  const std::optional<std::string_view> text = skip_keyword(argument, "TO:");
  if (!text) return refuse(catalogue::syntax(Verb::kRcpt));
  std::optional<PathAndRest> path = parse_path(*text, Charset::kUtf8, own_hostname);
  // RFC 5321 §4.1.1.3: a forward-path is never null.
  if (!path || !path->path) return refuse(catalogue::bad_recipient_address());
  if (charset == Charset::kAscii && !path->path->is_ascii()) return refuse(catalogue::smtputf8_required());
  std::expected<RcptParameters, Reply> parameters = parse_rcpt_parameters(path->rest, charset);
  if (!parameters) return std::unexpected(std::move(parameters.error()));
  return Recipient{*std::move(path->path), *std::move(parameters)};
}

Parsed<BdatCommand> parse_bdat(std::string_view argument) {
  const std::string_view size_text = argument.substr(0, argument.find(' '));
  const std::string_view marker = trim(argument.substr(size_text.size()));
  const std::optional<std::uint64_t> size_octets = parse_number(size_text, kChunkSizeDigitsMax);
  if (!size_octets || (!marker.empty() && !equals_ignoring_case(marker, "LAST"))) {
    return refuse(catalogue::syntax(Verb::kBdat));
  }
  return BdatCommand{*size_octets, !marker.empty()};
}

Parsed<AuthCommand> parse_auth(std::string_view argument) {
  const std::string_view name = argument.substr(0, argument.find(' '));
  const std::string_view response = trim(argument.substr(name.size()));
  const auto is_permitted = [](char octet) {
    return is_alpha(octet) || is_digit(octet) || octet == '-' || octet == '_';
  };
  if (name.empty() || name.size() > kMechanismNameMax || !std::ranges::all_of(name, is_permitted)) {
    return refuse(catalogue::syntax(Verb::kAuth));
  }
  AuthCommand command;
  command.mechanism.resize(name.size());
  std::ranges::transform(name, command.mechanism.begin(), to_upper);
  if (response.empty()) return command;
  if (response == "=") {  // RFC 4954 §4: an initial response of no octets
    command.initial_response.emplace();
    return command;
  }
  Parsed<SecretString> decoded = decode_response(response);
  if (!decoded) return std::unexpected(std::move(decoded.error()));
  command.initial_response = *std::move(decoded);
  return command;
}

Parsed<SecretString> parse_auth_response(std::string_view line) {
  if (line == "*") return refuse(catalogue::auth_cancelled());
  return decode_response(line);
}

std::optional<Reply> check_plain_argument(Verb verb, std::string_view argument) {
  switch (verb) {
    case Verb::kData:      // RFC 5321 §4.1.1.4
    case Verb::kRset:      // RFC 5321 §4.1.1.5
    case Verb::kQuit:      // RFC 5321 §4.1.1.10
    case Verb::kStartTls:  // RFC 3207 §4: 501 when a parameter is given
      if (!argument.empty()) return catalogue::syntax(verb);
      return std::nullopt;
    case Verb::kVrfy:  // RFC 5321 §4.1.1.6
    case Verb::kExpn:  // RFC 5321 §4.1.1.7
      if (argument.empty()) return catalogue::syntax(verb);
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

}  // namespace sealpost::smtp
