// Mail addresses as SMTP carries them (RFC 5321 §4.1.2, §4.1.3, RFC 6531 §3.3). An address object exists only if it is
// valid. Never: a regular expression, a default-accept branch, or a completion of what the client left out.
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace sealpost::smtp {

// RFC 5321 §4.5.3.1.1 asks that 64 octets of local part be accepted, and §4.5.3.1 that implementations impose no limit
// where they can. Reply addresses of large services are longer than 64, so the path alone bounds a local part.
inline constexpr std::size_t kDomainMax = 255;  // RFC 5321 §4.5.3.1.2, octets
inline constexpr std::size_t kPathMax = 256;    // RFC 5321 §4.5.3.1.3, octets, "<" and ">" included, a source route too

/// What the address may contain beyond ASCII.
enum class Charset { kAscii, kUtf8 };  // kUtf8: SMTPUTF8 was asked for with MAIL (RFC 6531 §3.4)

/// A domain name or an address literal, as written by the peer (compare with equals(), never with ==).
class Domain {
 public:
  /// `domain-or-literal`: "example.com", "[192.0.2.1]", "[IPv6:2001:db8::1]", a U-label domain when charset is kUtf8.
  static std::optional<Domain> parse(std::string_view text, Charset charset);

  const std::string& text() const { return text_; }
  bool is_literal() const { return text_.front() == '['; }
  /// ASCII case does not matter (RFC 5321 §2.4).
  bool equals(std::string_view other) const;
  /// Lower-cased ASCII, for use as a key.
  std::string key() const;

 private:
  explicit Domain(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

/// RFC 5321 `Mailbox`: local-part "@" ( Domain / address-literal ).
class Mailbox {
 public:
  /// The whole of `text` must be one Mailbox.
  static std::optional<Mailbox> parse(std::string_view text, Charset charset);

  /// The local part with quoting removed: the string that is compared and looked up.
  const std::string& local_part() const { return local_part_; }
  const Domain& domain() const { return domain_; }
  /// As it goes onto the wire; quoted only where the grammar needs it, so parse(to_string()) gives an equal mailbox.
  std::string to_string() const;
  bool is_ascii() const;

  friend bool operator==(const Mailbox& a, const Mailbox& b) {
    return a.local_part_ == b.local_part_ && a.domain_.equals(b.domain_.text());
  }

 private:
  Mailbox(std::string local_part, Domain domain) : local_part_(std::move(local_part)), domain_(std::move(domain)) {}
  std::string local_part_;
  Domain domain_;
};

/// RFC 5321 `Reverse-path`: a mailbox, or the null path "<>" of reports.
using ReversePath = std::optional<Mailbox>;

/// "<ann@example.com>" or "<>".
std::string to_path(const ReversePath& path);

/// What stood at the beginning of a text that had to be a path, and what is left behind it.
struct PathAndRest {
  ReversePath path;       // empty for "<>"
  std::string_view rest;  // what follows ">": the ESMTP parameters, with their leading space
};

/// `text` starts right after "FROM:" or "TO:". Source routes ("<@a,@b:c@d>") are accepted and dropped (RFC 5321
/// §4.1.1.3, appendix C).
/// "<Postmaster>" without a domain (RFC 5321 §4.1.1.3) is completed with `own_hostname` for RCPT; pass an empty view to
/// refuse it. Nothing for anything that is not a path; the caller decides whether "<>" is allowed.
std::optional<PathAndRest> parse_path(std::string_view text, Charset charset, std::string_view own_hostname);

}  // namespace sealpost::smtp
