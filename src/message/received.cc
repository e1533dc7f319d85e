// The clauses of the Received header, each on its own folded line, each checked against what its grammar allows.
#include "message/received.h"

#include <algorithm>
#include <cstddef>

namespace sealpost::message {

namespace {

// Each clause stands on a line of its own, so these two bounds keep every line far below 998 octets (RFC 5322 §2.1.1).
constexpr std::size_t kDomainMax = 255;  // RFC 5321 §4.5.3.1.2
constexpr std::size_t kPathMax = 400;    // RFC 5321 §4.5.3.1.3 says 256; quoting may double a local part

bool is_alpha(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Octets that can stand in a Domain or an address literal; anything else that a client put into EHLO becomes "?".
bool is_domain_octet(char c) { return is_alpha(c) || is_digit(c) || c == '.' || c == '-' || c == '_' || c == ':'; }

std::string domain_text(std::string_view text) {
  if (text.empty()) return "unknown";
  const bool is_literal = text.size() > 2 && text.front() == '[' && text.back() == ']';
  std::string result(text.substr(0, kDomainMax));
  std::ranges::replace_if(result, [](char c) { return !is_domain_octet(c); }, '?');
  if (is_literal && text.size() <= kDomainMax) result.front() = '[', result.back() = ']';
  return result;
}

/// RFC 5321 §4.1.3: an IPv6 address literal carries its tag.
std::string address_literal(std::string_view address) {
  const std::string text = domain_text(address.substr(0, 64));
  return (address.find(':') == std::string_view::npos ? "[" : "[IPv6:") + text + "]";
}

/// An Atom of our own making: queue ids and protocol names.
std::string atom_text(std::string_view text) {
  std::string result(text.substr(0, 64));
  std::ranges::replace_if(result, [](char c) { return !(is_alpha(c) || is_digit(c) || c == '-'); }, '?');
  return result;
}

/// RFC 8314 §4.3: tls-cipher-name = ALPHA *(ALPHA / DIGIT / "_"), tls-cipher-hex = "0x" 4HEXDIG.
bool is_tls_cipher(std::string_view text) {
  if (text.empty() || text.size() > 64) return false;
  if (text.size() == 6 && text.starts_with("0x")) {
    return std::ranges::all_of(text.substr(2),
                               [](char c) { return is_digit(c) || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f'); });
  }
  return is_alpha(text.front()) &&
         std::ranges::all_of(text, [](char c) { return is_alpha(c) || is_digit(c) || c == '_'; });
}

/// RFC 8314 §4.3: dh-group = ALPHA *(ALPHA / DIGIT / "_" / "-").
bool is_dh_group(std::string_view text) {
  return !text.empty() && text.size() <= 64 && is_alpha(text.front()) &&
         std::ranges::all_of(text, [](char c) { return is_alpha(c) || is_digit(c) || c == '_' || c == '-'; });
}

/// A path that was parsed before it came here. Octets above 127 are left: they occur only in SMTPUTF8 messages (RFC
/// 6531 §3.7.3).
bool is_path(std::string_view text) {
  return text.size() > 2 && text.size() <= kPathMax && text.front() == '<' && text.back() == '>' &&
         std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; });
}

}  // namespace

std::string make_received(const ReceivedValues& values) {
  std::string field =
      "Received: from " + domain_text(values.helo) + " (" + address_literal(values.client_address) + ")";
  field += "\r\n\tby " + domain_text(values.hostname) + " (Sealpost) with " + atom_text(values.protocol);
  field += " id " + atom_text(values.queue_id);
  // RFC 5321 §7.2: with more than one recipient the clause would show blind copies to the others, so the caller leaves
  // it empty.
  if (is_path(values.for_path)) field.append("\r\n\tfor ").append(values.for_path);
  // RFC 5321 §4.4: Opt-info = [Via] [With] [ID] [For] [Additional-Registered-Clauses], so `tls` comes behind `for`.
  if (is_tls_cipher(values.tls_cipher)) {
    field.append("\r\n\ttls ").append(values.tls_cipher);
    if (is_dh_group(values.tls_group)) field.append(" group ").append(values.tls_group);
  }
  field += ";\r\n\t" + format_rfc5322(values.time) + "\r\n";
  return field;
}

}  // namespace sealpost::message
