// Greeting, EHLO/HELO/LHLO and STARTTLS (RFC 5321 §3.1, §4.1.1.1, RFC 2033 §4.1, RFC 3207): how a session gets to the
// point where it knows its server. Never: a word about a message before the wanted security is there.
#include <algorithm>
#include <charconv>
#include <utility>

#include "smtp/client/state.h"

namespace sealpost::smtp {

namespace {

using Stage = ClientClosed::Stage;

constexpr std::size_t kExtensionLinesMax = 64;
constexpr std::size_t kExtensionLineMax = 512;
constexpr std::size_t kMechanismsMax = 32;
constexpr std::size_t kMechanismNameMax = 20;  // RFC 4422 §3.1

std::string upper(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return result;
}

/// The next word of `text`, which loses it and the separators around it.
std::string_view take_word(std::string_view& text, std::string_view separators = " ") {
  text.remove_prefix(std::min(text.find_first_not_of(separators), text.size()));
  const std::string_view word = text.substr(0, text.find_first_of(separators));
  text.remove_prefix(word.size());
  return word;
}

/// RFC 1870 §4: no value, or zero, means that there is no fixed limit. A number beyond 64 bits is none either.
Bytes size_limit(std::string_view value) {
  std::uint64_t count = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), count);
  return error == std::errc() && end == value.data() + value.size() ? Bytes{count} : Bytes{0};
}

void parse_extension(std::string_view line, ServerExtensions& extensions) {
  std::string_view rest = line;
  // "AUTH=PLAIN LOGIN" is how servers spoke before RFC 2554; some still do.
  const std::string keyword = upper(take_word(rest, " ="));
  if (keyword == "STARTTLS") extensions.has_starttls = true;
  if (keyword == "PIPELINING") extensions.has_pipelining = true;
  if (keyword == "8BITMIME") extensions.has_8bitmime = true;
  if (keyword == "SMTPUTF8") extensions.has_smtputf8 = true;
  if (keyword == "CHUNKING") extensions.has_chunking = true;
  if (keyword == "DSN") extensions.has_dsn = true;
  if (keyword == "SIZE") extensions.size_max = size_limit(take_word(rest));
  if (keyword != "AUTH") return;
  for (std::string_view word = take_word(rest, " ="); !word.empty(); word = take_word(rest, " =")) {
    if (extensions.mechanisms.size() == kMechanismsMax || word.size() > kMechanismNameMax) continue;
    std::string name = upper(word);
    if (std::ranges::find(extensions.mechanisms, name) == extensions.mechanisms.end())
      extensions.mechanisms.push_back(std::move(name));
  }
}

}  // namespace

ServerExtensions parse_extensions(const Reply& reply) {
  ServerExtensions extensions;
  std::string_view rest = reply.text;
  for (std::size_t number = 0; number <= kExtensionLinesMax; ++number) {
    const std::size_t end = rest.find('\n');
    std::string_view line = rest.substr(0, end).substr(0, kExtensionLineMax);
    if (number == 0) {
      extensions.hostname = take_word(line);
    } else {
      extensions.lines.emplace_back(line);
      parse_extension(line, extensions);
    }
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  return extensions;
}

void ClientSession::State::handle_greeting(const Reply& reply) {
  if (reply.code != 220) return fail(Stage::kGreeting, reply, "the server does not greet us");
  say_hello();
}

void ClientSession::State::say_hello() {
  const std::string_view verb = options.flavour == Flavour::kLmtp ? "LHLO " : "EHLO ";
  command(std::string(verb) + options.helo_name, ClientCommand::kEhlo);
}

void ClientSession::State::handle_hello(ClientCommand which, const Reply& reply) {
  if (reply.code / 100 == 2) {
    // A server that knows only HELO has no extensions (RFC 5321 §2.2.1); its reply is one line, whatever else it may
    // contain.
    extensions = parse_extensions(
        which == ClientCommand::kEhlo ? reply : Reply{250, {}, reply.text.substr(0, reply.text.find('\n'))});
    return continue_after_hello();
  }
  // RFC 5321 §3.2: a client falls back to HELO when EHLO is not known. LMTP has no such fallback (RFC 2033 §4.1).
  if (which == ClientCommand::kEhlo && reply.is_permanent_failure() && options.flavour == Flavour::kSmtp)
    return command("HELO " + options.helo_name, ClientCommand::kHelo);
  fail(Stage::kHello, reply, "the server refuses our hello");
}

void ClientSession::State::continue_after_hello() {
  if (!tls && options.starttls != StartTlsPolicy::kNever) {
    if (extensions.has_starttls) return command("STARTTLS", ClientCommand::kStartTls);
    if (options.starttls == StartTlsPolicy::kRequired)
      return fail(Stage::kStartTls, std::nullopt, "the server does not offer STARTTLS");
  }
  authenticate();
}

void ClientSession::State::handle_starttls(const Reply& reply) {
  if (reply.code == 220) {
    // RFC 3207 §6, CVE-2011-0411 seen from the client: what stands behind this reply was put there in clear, by
    // anybody, and would be taken for what the server says under TLS.
    if (reader.has_input_left())
      return fail(Stage::kStartTls, std::nullopt,
                  "plaintext behind the server's answer to STARTTLS: possible injection");
    phase = ClientPhase::kHandshake;
    return;
  }
  if (options.starttls == StartTlsPolicy::kRequired)
    return fail(Stage::kStartTls, reply, "the server refuses STARTTLS");
  authenticate();
}

}  // namespace sealpost::smtp
