// Reading certificates through libcrypto.
#include "net/certificate_facts.h"

#include <ctime>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <openssl/x509v3.h>

namespace sealpost::net {

namespace {

/// Renewal runs weekly in most places; two weeks leave one more chance after a failed one.
constexpr std::chrono::days kExpiryWarning{14};

std::string full_name(const X509_NAME* name) {
  const BioPtr out(BIO_new(BIO_s_mem()));
  if (!out || name == nullptr) return {};
  X509_NAME_print_ex(out.get(), name, 0, (XN_FLAG_ONELINE & ~XN_FLAG_SPC_EQ) & ~ASN1_STRFLGS_ESC_MSB);
  char* text = nullptr;
  const long length = BIO_get_mem_data(out.get(), &text);
  return length > 0 ? std::string(text, static_cast<std::size_t>(length)) : std::string();
}

WallTime to_wall_time(const ASN1_TIME* time) {
  std::tm calendar{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &calendar) != 1) return {};
  return WallTime(std::chrono::seconds(timegm(&calendar)));
}

std::string_view octets_of(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<std::size_t>(ASN1_STRING_length(text))};
}

std::string address_text(std::string_view octets) {
  char text[INET6_ADDRSTRLEN] = {};
  const int family = octets.size() == sizeof(in_addr) ? AF_INET : AF_INET6;
  if (octets.size() != sizeof(in_addr) && octets.size() != sizeof(in6_addr)) return "(malformed address)";
  return inet_ntop(family, octets.data(), text, sizeof(text)) == nullptr ? "(malformed address)" : text;
}

std::vector<std::string> subject_names(X509* certificate) {
  std::vector<std::string> names;
  auto* all = static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(all); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(all, i);
    if (name->type == GEN_DNS) names.emplace_back(octets_of(name->d.dNSName));
    if (name->type == GEN_IPADD) names.push_back(address_text(octets_of(name->d.iPAddress)));
  }
  GENERAL_NAMES_free(all);
  return names;
}

std::string date_of(WallTime time) { return format_rfc3339(time).substr(0, 10); }

std::string count_days(std::chrono::milliseconds span) {
  const auto days = std::chrono::floor<std::chrono::days>(span).count();
  if (days == 0) return "less than a day";
  return days == 1 ? "1 day" : fmt::format("{} days", days);
}

}  // namespace

CertificateFacts read_certificate_facts(X509* certificate) {
  return {.subject = full_name(X509_get_subject_name(certificate)),
          .issuer = full_name(X509_get_issuer_name(certificate)),
          .names = subject_names(certificate),
          .not_before = to_wall_time(X509_get0_notBefore(certificate)),
          .not_after = to_wall_time(X509_get0_notAfter(certificate))};
}

bool is_address_literal(std::string_view host) {
  const std::string text(host);
  in6_addr octets{};
  return inet_pton(AF_INET, text.c_str(), &octets) == 1 || inet_pton(AF_INET6, text.c_str(), &octets) == 1;
}

bool names_host(X509* certificate, std::string_view host) {
  const std::string text(host);
  if (is_address_literal(host)) return X509_check_ip_asc(certificate, text.c_str(), 0) == 1;
  // RFC 7817 §3: no partial-label wildcards; RFC 9525 §6.1: the CN is no identity.
  return X509_check_host(certificate, text.c_str(), text.size(),
                         X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, nullptr) == 1;
}

std::string short_name(const X509_NAME* name) {
  const int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
  if (at < 0) return full_name(name);
  unsigned char* text = nullptr;
  const int length = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
  if (length < 0) return full_name(name);
  std::string out(reinterpret_cast<const char*>(text), static_cast<std::size_t>(length));
  OPENSSL_free(text);
  return out;
}

std::string list_names(const CertificateFacts& facts, std::size_t names_max) {
  if (facts.names.empty()) return "no host at all";
  std::string out;
  for (std::size_t i = 0; i < facts.names.size() && i < names_max; ++i)
    out.append(i == 0 ? "" : ", ").append(facts.names[i]);
  if (facts.names.size() > names_max) out += fmt::format(" and {} more", facts.names.size() - names_max);
  return out;
}

std::string validity_warning(const CertificateFacts& facts, WallTime now) {
  if (now > facts.not_after) {
    return fmt::format("expired on {}, {} ago", date_of(facts.not_after), count_days(now - facts.not_after));
  }
  if (now < facts.not_before) return fmt::format("is not valid before {}", date_of(facts.not_before));
  if (facts.not_after - now < kExpiryWarning) {
    return fmt::format("expires in {}, on {}", count_days(facts.not_after - now), date_of(facts.not_after));
  }
  return {};
}

}  // namespace sealpost::net
