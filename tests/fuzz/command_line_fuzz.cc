// links: smtp
// One command line of any octets, through every function of the command grammar. A refusal is a whole reply of class 5
// that holds no octet of the line; an acceptance holds nothing that its next reader could misunderstand (RFC 5321
// §4.1.1).
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "base/utf8.h"
#include "smtp/command.h"
#include "smtp/xtext.h"

namespace {

using namespace sealpost::smtp;

bool is_printable_ascii(std::string_view text) {
  for (const char octet : text) {
    if (octet < ' ' || octet > '~') return false;
  }
  return true;
}

void check_refusal(const Reply& reply) {
  SEALPOST_ASSERT(reply.is_permanent_failure(), "a line that breaks the grammar is a permanent failure");
  std::string wire;
  reply.append_to(wire);
  SEALPOST_ASSERT(wire.ends_with("\r\n") && is_printable_ascii(std::string_view(wire).substr(0, wire.size() - 2)),
                  "a refusal is one line of printable ASCII");
}

void check_mail(std::string_view argument) {
  const auto mail = parse_mail(argument);
  if (!mail) return check_refusal(mail.error());
  SEALPOST_ASSERT(!mail->reverse_path || mail->reverse_path->is_ascii() || mail->parameters.is_smtputf8,
                  "a sender beyond ASCII comes with SMTPUTF8");
  SEALPOST_ASSERT(is_printable_ascii(mail->parameters.envid) && mail->parameters.envid.size() <= 100,
                  "ENVID is printable");
  std::string again = "FROM:" + to_path(mail->reverse_path);
  if (mail->parameters.is_smtputf8) again += " SMTPUTF8";
  if (!mail->parameters.envid.empty()) again += " ENVID=" + xtext_encode(mail->parameters.envid);
  const auto second = parse_mail(again);
  SEALPOST_ASSERT(
      second && second->reverse_path == mail->reverse_path && second->parameters.envid == mail->parameters.envid,
      "MAIL can be said again");
}

void check_rcpt(std::string_view argument, Charset charset) {
  const auto recipient = parse_rcpt(argument, charset, "mail.example.com");
  if (!recipient) return check_refusal(recipient.error());
  SEALPOST_ASSERT(charset == Charset::kUtf8 || recipient->forward_path.is_ascii(),
                  "a recipient beyond ASCII comes with SMTPUTF8");
  const std::string& orcpt = recipient->parameters.orcpt;
  SEALPOST_ASSERT(is_printable_ascii(orcpt), "ORCPT is printable");
  std::string again = "TO:" + to_path(recipient->forward_path);
  if (!orcpt.empty()) {
    const std::size_t semicolon = orcpt.find(';');
    const std::string encoded = xtext_encode(std::string_view(orcpt).substr(semicolon + 1));
    if (semicolon + 1 + encoded.size() > 500)
      return;  // what was sent as "\x{…}" or not at all can only be as long decoded
    again += " ORCPT=" + orcpt.substr(0, semicolon + 1) + encoded;
  }
  const auto second = parse_rcpt(again, charset, "mail.example.com");
  SEALPOST_ASSERT(second && second->forward_path == recipient->forward_path && second->parameters.orcpt == orcpt,
                  "RCPT can be said again");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  const CommandLine command = parse_command_line(line);
  SEALPOST_ASSERT(command.argument.size() <= line.size(), "an argument is a part of the line");

  for (const std::string_view argument : {command.argument, line}) {
    check_mail(argument);
    check_rcpt(argument, Charset::kAscii);
    check_rcpt(argument, Charset::kUtf8);
    if (const auto hello = parse_hello(Verb::kEhlo, argument); !hello) {
      check_refusal(hello.error());
    } else {
      SEALPOST_ASSERT(is_printable_ascii(*hello) && hello->find_first_of(" ()<>\"\\;,@") == std::string::npos,
                      "a hello name can stand in a Received header");
    }
    if (const auto bdat = parse_bdat(argument); !bdat) check_refusal(bdat.error());
    if (const auto auth = parse_auth(argument); !auth) check_refusal(auth.error());
    if (const auto response = parse_auth_response(argument); !response) check_refusal(response.error());
    if (const auto refusal = check_plain_argument(command.verb, argument)) check_refusal(*refusal);
  }
  return 0;
}
