// Making the certificate (RFC 5280): serverAuth, subjectAltName, not an authority.
#include "net/self_signed.h"

#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include "base/secret.h"
#include "net/certificate_facts.h"
#include "net/openssl.h"

namespace sealpost::net {

namespace {

/// RFC 5280 §4.1.2.2: at most 20 octets, positive, and hard to guess.
constexpr int kSerialBits = 127;

bool add_extension(X509* certificate, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  const bool is_added = extension != nullptr && X509_add_ext(certificate, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  return is_added;
}

bool set_serial(X509* certificate) {
  BIGNUM* number = BN_new();
  const bool is_set = number != nullptr && BN_rand(number, kSerialBits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
                      BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != nullptr;
  BN_free(number);
  return is_set;
}

/// The text becomes part of OpenSSL's extension syntax, where a comma or a colon would begin something else.
bool is_plain_host(std::string_view name) {
  if (name.empty() || name.size() > 253) return false;
  for (const char c : name) {
    const bool is_fine =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '*';
    if (!is_fine) return false;
  }
  return true;
}

X509Ptr make_certificate(EVP_PKEY* key, std::span<const std::string> names, std::chrono::days days) {
  X509Ptr certificate(X509_new());
  X509* x = certificate.get();
  std::string alternatives;
  for (const std::string& name : names) {
    alternatives +=
        fmt::format("{}{}:{}", alternatives.empty() ? "" : ",", is_address_literal(name) ? "IP" : "DNS", name);
  }
  // RFC 5280 §A.1: a common name has at most 64 characters; it is for display only.
  const std::string common_name = names.front().substr(0, 64);
  X509_NAME* subject = x == nullptr ? nullptr : X509_get_subject_name(x);
  const auto* text = reinterpret_cast<const unsigned char*>(common_name.c_str());
  const bool is_made =
      x != nullptr && X509_set_version(x, X509_VERSION_3) == 1 && set_serial(x) &&
      X509_gmtime_adj(X509_getm_notBefore(x), -3600) != nullptr &&  // for clocks that are a little behind
      X509_time_adj_ex(X509_getm_notAfter(x), static_cast<int>(days.count()), 0, nullptr) != nullptr &&
      X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, text, -1, -1, 0) == 1 &&
      X509_set_issuer_name(x, subject) == 1 && X509_set_pubkey(x, key) == 1 &&
      add_extension(x, NID_subject_alt_name, alternatives) &&
      add_extension(x, NID_basic_constraints, "critical,CA:FALSE") &&
      add_extension(x, NID_key_usage, "critical,digitalSignature") &&
      add_extension(x, NID_ext_key_usage, "serverAuth") && X509_sign(x, key, EVP_sha256()) > 0;
  if (!is_made) certificate.reset();
  return certificate;
}

Result<void> write_new_file(const std::filesystem::path& path, std::string_view octets) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0 && errno == EEXIST)
    return fail(Fault::kConfiguration, fmt::format("{} exists already and is not overwritten", path.string()));
  if (file < 0) return fail_errno(fmt::format("cannot create {}", path.string()));
  while (!octets.empty()) {
    const ssize_t written = ::write(file, octets.data(), octets.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      auto failure = fail_errno(fmt::format("cannot write {}", path.string()));
      ::close(file);
      return failure;
    }
    octets.remove_prefix(static_cast<std::size_t>(written));
  }
  ::close(file);
  return {};
}

}  // namespace

Result<void> write_self_signed_certificate(const std::filesystem::path& certificate_file,
                                           const std::filesystem::path& private_key_file,
                                           std::span<const std::string> names, std::chrono::days days) {
  if (names.empty()) return fail(Fault::kConfiguration, "a certificate needs at least one host name");
  for (const std::string& name : names) {
    if (!is_plain_host(name) && !is_address_literal(name)) {
      return fail(Fault::kConfiguration,
                  fmt::format("\"{}\" cannot stand in a certificate: neither a host name nor an address", name));
    }
  }
  const KeyPtr key(EVP_EC_gen("P-256"));
  const X509Ptr certificate = key ? make_certificate(key.get(), names, days) : nullptr;
  const BioPtr certificate_text(BIO_new(BIO_s_mem()));
  const BioPtr key_text(BIO_new(BIO_s_secmem()));  // wiped when freed
  const bool is_made = certificate && certificate_text && key_text &&
                       PEM_write_bio_X509(certificate_text.get(), certificate.get()) == 1 &&
                       PEM_write_bio_PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1;
  if (!is_made) return fail(Fault::kInternal, "cannot make a certificate: " + openssl_error_text());
  const auto view = [](BIO* bio) {
    char* text = nullptr;
    const long size = BIO_get_mem_data(bio, &text);
    return std::string_view(text, static_cast<std::size_t>(size));
  };
  if (auto done = write_new_file(private_key_file, view(key_text.get())); !done) return done;
  return write_new_file(certificate_file, view(certificate_text.get()));
}

}  // namespace sealpost::net
