// The grammar of addresses, written after the ABNF of RFC 5321 §4.1.2 as extended by RFC 6531 §3.3. Each function is
// named after its rule.
#include "smtp/address.h"

#include <algorithm>

#include "base/utf8.h"
#include "smtp/address_literal.h"
#include "smtp/core_rules.h"

namespace sealpost::smtp {

namespace {

constexpr std::size_t kLabelMax = 63;  // RFC 1035 §2.3.4, octets

bool is_non_ascii(char octet) { return (static_cast<unsigned char>(octet) & 0x80) != 0; }

/// Whether the octets above 127, if any, are ones that may stand in an address. The rules below then look at single
/// octets only.
bool is_permitted_text(std::string_view text, Charset charset) {
  if (is_ascii(text)) return true;
  if (charset == Charset::kAscii || !is_utf8(text)) return false;
  // RFC 6531 §3.3 (stricter): C1 controls (U+0080 to U+009F) act on terminals that show logs, and name nobody.
  for (std::size_t lead = text.find('\xC2'); lead != std::string_view::npos; lead = text.find('\xC2', lead + 1)) {
    if (static_cast<unsigned char>(text[lead + 1]) < 0xA0) return false;
  }
  return true;
}

// Let-dig of RFC 5321, and the octets of a U-label (RFC 6531 §3.3).
bool is_let_dig(char octet) { return is_alpha(octet) || is_digit(octet) || is_non_ascii(octet); }

bool is_sub_domain(std::string_view label) {
  if (label.empty() || !is_let_dig(label.front()) || !is_let_dig(label.back())) return false;
  // A U-label is counted by its A-label, which is made where names are resolved; kDomainMax bounds it here.
  if (label.size() > kLabelMax && is_ascii(label)) return false;
  return std::ranges::all_of(label, [](char octet) { return is_let_dig(octet) || octet == '-'; });
}

/// "127.0.0.1", "1", "0x7f000001": what resolvers of many systems take for an IP address.
bool ends_in_number(std::string_view last_label) {
  if (std::ranges::all_of(last_label, is_digit)) return true;
  return last_label.size() >= 2 && last_label[0] == '0' && to_lower(last_label[1]) == 'x' &&
         std::ranges::all_of(last_label.substr(2), is_hex_digit);
}

/// U+3002, U+FF0E and U+FF61 become "." when the name is resolved (RFC 3490 §3.1): the labels seen here would not be
/// those asked for.
bool has_ideographic_full_stop(std::string_view text) {
  return text.find("\u3002") != std::string_view::npos || text.find("\uFF0E") != std::string_view::npos ||
         text.find("\uFF61") != std::string_view::npos;
}

bool is_domain_name(std::string_view text) {
  if (has_ideographic_full_stop(text)) return false;
  while (true) {
    const std::size_t dot = text.find('.');
    const std::string_view label = text.substr(0, dot);
    if (!is_sub_domain(label)) return false;
    // RFC 5321 §4.1.2 (stricter): an address without brackets is no domain (RFC 1123 §2.1), and must not be reached as
    // one.
    if (dot == std::string_view::npos) return !ends_in_number(label);
    text.remove_prefix(dot + 1);
  }
}

bool is_atext(char octet) {
  return is_let_dig(octet) || std::string_view("!#$%&'*+-/=?^_`{|}~").find(octet) != std::string_view::npos;
}

bool is_dot_string(std::string_view text) {
  bool is_atom_start = true;
  for (const char octet : text) {
    if (octet == '.' ? is_atom_start : !is_atext(octet)) return false;
    is_atom_start = octet == '.';
  }
  return !is_atom_start;
}

bool is_qtext(char octet) { return (is_printable(octet) && octet != '"' && octet != '\\') || is_non_ascii(octet); }

/// The content of a Quoted-string at the start of `text`, and the number of octets it took. Nothing when it is
/// malformed.
struct QuotedString {
  std::string content;
  std::size_t size = 0;
};
std::optional<QuotedString> parse_quoted_string(std::string_view text) {
  QuotedString result;
  for (std::size_t at = 1; at < text.size(); ++at) {
    if (text[at] == '"') {
      result.size = at + 1;
      return result;
    }
    if (text[at] == '\\') {
      // quoted-pairSMTP: only printable ASCII follows the backslash, also under SMTPUTF8.
      ++at;
      if (at == text.size() || !is_printable(text[at])) return std::nullopt;
    } else if (!is_qtext(text[at])) {
      return std::nullopt;
    }
    result.content += text[at];
  }
  return std::nullopt;
}

/// Position of the ">" that ends the path; one in a quoted string does not.
std::optional<std::size_t> find_path_end(std::string_view text) {
  bool is_quoted = false;
  for (std::size_t at = 0; at < text.size() && at < kPathMax; ++at) {
    if (text[at] == '"') is_quoted = !is_quoted;
    if (text[at] == '\\' && is_quoted) ++at;
    if (at < text.size() && text[at] == '>' && !is_quoted) return at;
  }
  return std::nullopt;
}

/// RFC 5321 §4.1.2 A-d-l: "@a,@b:" in front of a mailbox, to be ignored (§3.6.1). Nothing when it is malformed.
std::optional<std::string_view> skip_source_route(std::string_view text, Charset charset) {
  if (!text.starts_with('@')) return text;
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view route = text.substr(0, colon);
  while (true) {
    const std::size_t comma = route.find(',');
    const std::string_view at_domain = route.substr(0, comma);
    if (!at_domain.starts_with('@')) return std::nullopt;
    const std::optional<Domain> domain = Domain::parse(at_domain.substr(1), charset);
    if (!domain || domain->is_literal()) return std::nullopt;
    if (comma == std::string_view::npos) return text.substr(colon + 1);
    route.remove_prefix(comma + 1);
  }
}

}  // namespace

std::optional<Domain> Domain::parse(std::string_view text, Charset charset) {
  if (text.empty() || text.size() > kDomainMax || !is_permitted_text(text, charset)) return std::nullopt;
  if (text.front() == '[' ? !is_address_literal(text) : !is_domain_name(text)) return std::nullopt;
  return Domain(std::string(text));
}

bool Domain::equals(std::string_view other) const { return equals_ignoring_case(text_, other); }

std::string Domain::key() const {
  std::string key = text_;
  std::ranges::transform(key, key.begin(), to_lower);
  return key;
}

std::optional<Mailbox> Mailbox::parse(std::string_view text, Charset charset) {
  if (text.size() + 2 > kPathMax || !is_permitted_text(text, charset)) return std::nullopt;
  std::string local_part;
  std::size_t local_part_size = 0;
  if (text.starts_with('"')) {
    std::optional<QuotedString> quoted = parse_quoted_string(text);
    if (!quoted) return std::nullopt;
    local_part = std::move(quoted->content);
    local_part_size = quoted->size;
  } else {
    local_part_size = std::min(text.find('@'), text.size());
    if (!is_dot_string(text.substr(0, local_part_size))) return std::nullopt;
    local_part = text.substr(0, local_part_size);
  }
  const std::string_view rest = text.substr(local_part_size);
  if (!rest.starts_with('@')) return std::nullopt;
  std::optional<Domain> domain = Domain::parse(rest.substr(1), charset);
  if (!domain) return std::nullopt;
  return Mailbox(std::move(local_part), *std::move(domain));
}

std::string Mailbox::to_string() const {
  if (is_dot_string(local_part_)) return local_part_ + '@' + domain_.text();
  std::string text = "\"";
  for (const char octet : local_part_) {
    if (octet == '"' || octet == '\\') text += '\\';
    text += octet;
  }
  return text + "\"@" + domain_.text();
}

bool Mailbox::is_ascii() const { return sealpost::is_ascii(local_part_) && sealpost::is_ascii(domain_.text()); }

std::string to_path(const ReversePath& path) { return path ? '<' + path->to_string() + '>' : "<>"; }

std::optional<PathAndRest> parse_path(std::string_view text, Charset charset, std::string_view own_hostname) {
  if (!text.starts_with('<')) return std::nullopt;
  const std::optional<std::size_t> end = find_path_end(text);
  if (!end) return std::nullopt;
  const std::string_view inside = text.substr(1, *end - 1);
  const std::string_view rest = text.substr(*end + 1);
  if (inside.empty()) return PathAndRest{std::nullopt, rest};

  if (equals_ignoring_case(inside, "postmaster") && !own_hostname.empty()) {
    // RFC 5321 §4.1.1.3, §4.5.1: "<Postmaster>" without a domain is ours.
    std::optional<Mailbox> postmaster = Mailbox::parse(std::string(inside).append("@").append(own_hostname), charset);
    if (!postmaster) return std::nullopt;
    return PathAndRest{std::move(postmaster), rest};
  }
  const std::optional<std::string_view> mailbox_text = skip_source_route(inside, charset);
  if (!mailbox_text) return std::nullopt;
  std::optional<Mailbox> mailbox = Mailbox::parse(*mailbox_text, charset);
  if (!mailbox) return std::nullopt;
  return PathAndRest{std::move(mailbox), rest};
}

}  // namespace sealpost::smtp
