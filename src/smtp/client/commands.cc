// Building MAIL and RCPT. Addresses come from the parser and print as they parse; free text is encoded here.
#include "smtp/client/commands.h"

#include <algorithm>

#include <fmt/format.h>

#include "smtp/xtext.h"

namespace sealpost::smtp {

namespace {

std::string notify_parameter(const Notify& notify) {
  if (!notify.is_given) return "";
  std::string words;
  const auto add = [&words](bool is_wanted, std::string_view word) {
    if (is_wanted) words.append(words.empty() ? "" : ",").append(word);
  };
  add(notify.on_success, "SUCCESS");
  add(notify.on_failure, "FAILURE");
  add(notify.on_delay, "DELAY");
  return " NOTIFY=" + (words.empty() ? "NEVER" : words);
}

std::string orcpt_parameter(std::string_view orcpt) {
  const std::size_t semicolon = orcpt.find(';');
  if (semicolon == std::string_view::npos) return "";
  // RFC 6533 §3: addresses of type utf-8 are kept in their ASCII form, "\x{E9}", of which xtext changes nothing.
  return fmt::format(" ORCPT={}{}", orcpt.substr(0, semicolon + 1), xtext_encode(orcpt.substr(semicolon + 1)));
}

bool is_internationalized(const Mail& mail) {
  const Envelope& envelope = *mail.envelope;
  return envelope.parameters.is_smtputf8 || needs_smtputf8(mail) ||
         std::ranges::any_of(envelope.recipients, [](const Recipient& r) { return !r.forward_path.is_ascii(); });
}

}  // namespace

bool needs_smtputf8(const Mail& mail) {
  const Envelope& envelope = *mail.envelope;
  const bool is_sender_ascii = !envelope.reverse_path || envelope.reverse_path->is_ascii();
  return !is_sender_ascii || (envelope.parameters.is_smtputf8 && mail.is_8bit);
}

std::string mail_command(const Mail& mail, const ServerExtensions& extensions, bool is_authenticated) {
  const MailParameters& parameters = mail.envelope->parameters;
  std::string line = "MAIL FROM:" + to_path(mail.envelope->reverse_path);
  if (extensions.size_max) line += fmt::format(" SIZE={}", mail.size.count);
  // RFC 6152 §3. A server without 8BITMIME is sent the octets as they are: converting the content would break its
  // signatures, and every server in use passes eight bits.
  if (mail.is_8bit && extensions.has_8bitmime) line += " BODY=8BITMIME";
  if (extensions.has_smtputf8 && is_internationalized(mail)) line += " SMTPUTF8";
  if (extensions.has_dsn) {
    if (parameters.ret == Ret::kFull) line += " RET=FULL";
    if (parameters.ret == Ret::kHeaders) line += " RET=HDRS";
    if (!parameters.envid.empty()) line += " ENVID=" + xtext_encode(parameters.envid);
  }
  // RFC 4954 §5: to a server that we authenticated to, a message whose author we do not vouch for goes with AUTH=<>.
  if (is_authenticated) line += " AUTH=<>";
  return line;
}

std::string rcpt_command(const Recipient& recipient, const ServerExtensions& extensions) {
  std::string line = "RCPT TO:<" + recipient.forward_path.to_string() + ">";
  if (extensions.has_dsn) {
    line += notify_parameter(recipient.parameters.notify);
    line += orcpt_parameter(recipient.parameters.orcpt);
  }
  return line;
}

}  // namespace sealpost::smtp
