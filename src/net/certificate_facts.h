// What can be read off an X.509 certificate (RFC 5280), as values and sentences for people.
// Names are checked the way of RFC 9525 §6: DNS-ID and IP-ID of subjectAltName; the CN is shown, never matched.
#pragma once
#include <string>
#include <string_view>

#include "net/openssl.h"
#include "net/tls_context.h"

namespace sealpost::net {

CertificateFacts read_certificate_facts(X509* certificate);

/// True when `host` (a DNS name or an address literal) is among the names. Wildcards stand for one whole label.
bool names_host(X509* certificate, std::string_view host);

/// "ISRG Root X1"-like: the CN, or the whole name where there is none.
std::string short_name(const X509_NAME* name);

/// "a.example, b.example", at most `names_max` of them, or "no host at all".
std::string list_names(const CertificateFacts& facts, std::size_t names_max = 5);

/// "expired on 2026-11-01, 22 days ago", "expires in 6 days, on 2026-11-29", "is not valid before 2026-12-01"; empty
/// when all is well for more than two weeks.
std::string validity_warning(const CertificateFacts& facts, WallTime now);

/// True for "192.0.2.1" and "2001:db8::1", without brackets.
bool is_address_literal(std::string_view host);

}  // namespace sealpost::net
