// links: smtp
// Addresses and paths out of any octets. What is accepted prints as something that is accepted again and is equal;
// ASCII is accepted the same way with and without SMTPUTF8; nothing accepted holds a control character (RFC 5321
// §4.1.2, RFC 6531 §3.3).
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "base/utf8.h"
#include "smtp/address.h"

namespace {

using sealpost::smtp::Charset;
using sealpost::smtp::Domain;
using sealpost::smtp::Mailbox;

bool has_control(std::string_view text) {
  for (const char octet : text) {
    const auto value = static_cast<unsigned char>(octet);
    if (value < 0x20 || value == 0x7F) return true;
  }
  return false;
}

void check_mailbox(const Mailbox& mailbox, Charset charset) {
  const std::string text = mailbox.to_string();
  SEALPOST_ASSERT(Mailbox::parse(text, charset) == mailbox, "a mailbox prints as one that parses to an equal one");
  SEALPOST_ASSERT(!has_control(text) && sealpost::is_utf8(text), "an address is clean text");
  SEALPOST_ASSERT(mailbox.is_ascii() == sealpost::is_ascii(text), "is_ascii tells what goes onto the wire");
  SEALPOST_ASSERT(text.size() + 2 <= sealpost::smtp::kPathMax, "an address fits a path");
  SEALPOST_ASSERT(mailbox.domain().equals(mailbox.domain().key()), "a domain equals its key");
  const std::string path_text = to_path(mailbox) + " REST=1";
  const auto path = sealpost::smtp::parse_path(path_text, charset, {});
  SEALPOST_ASSERT(path && path->path == mailbox && path->rest == " REST=1", "a path ends where it was printed to end");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto ascii = Mailbox::parse(text, Charset::kAscii);
  const auto utf8 = Mailbox::parse(text, Charset::kUtf8);
  if (ascii) check_mailbox(*ascii, Charset::kAscii);
  if (utf8) check_mailbox(*utf8, Charset::kUtf8);
  if (sealpost::is_ascii(text)) SEALPOST_ASSERT(ascii == utf8, "SMTPUTF8 changes nothing for ASCII");
  if (ascii) SEALPOST_ASSERT(ascii->is_ascii(), "without SMTPUTF8 all is ASCII");

  for (const Charset charset : {Charset::kAscii, Charset::kUtf8}) {
    if (const auto domain = Domain::parse(text, charset)) {
      SEALPOST_ASSERT(!has_control(domain->text()) && domain->text() == text, "a domain is kept as written");
    }
    const auto path = sealpost::smtp::parse_path(text, charset, "mail.example.com");
    if (!path) continue;
    SEALPOST_ASSERT(text.ends_with(path->rest) && path->rest.size() < text.size(),
                    "what is left is the end of the text");
    if (path->path) check_mailbox(*path->path, charset);
  }
  return 0;
}
