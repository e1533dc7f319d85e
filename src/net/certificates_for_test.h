// Certificates and keys made on the spot, and a directory for their files. Tests only; nothing of the kind is kept in
// the repository.
#pragma once
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "net/openssl.h"

namespace sealpost::net {

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "sealpost_net_XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  std::string path(const std::string& name) const { return (path_ / name).string(); }
  std::string write(const std::string& name, const std::string& octets) const {
    std::ofstream(path(name), std::ios::binary) << octets;
    return path(name);
  }

 private:
  std::filesystem::path path_;
};

inline KeyPtr make_ec_key() { return KeyPtr(EVP_EC_gen("P-256")); }
inline KeyPtr make_rsa_key(unsigned bits) { return KeyPtr(EVP_RSA_gen(bits)); }

struct CertificateSpec {
  std::string common_name = "mail.example.com";
  std::string alternatives = "DNS:mail.example.com,IP:127.0.0.1";  // OpenSSL's syntax; empty for none
  int begins_in_days = -1;
  int ends_in_days = 90;
  bool is_authority = false;
};

/// Signed by `issuer_key` under the name of `issuer`, or by itself when `issuer` is null.
inline X509Ptr make_certificate(const CertificateSpec& spec, EVP_PKEY* key, X509* issuer, EVP_PKEY* issuer_key) {
  X509Ptr certificate(X509_new());
  X509* x = certificate.get();
  static long serial = 1;
  X509_set_version(x, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(x), ++serial);
  X509_time_adj_ex(X509_getm_notBefore(x), spec.begins_in_days, 0, nullptr);
  X509_time_adj_ex(X509_getm_notAfter(x), spec.ends_in_days, 60, nullptr);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(spec.common_name.c_str()), -1, -1, 0);
  X509_set_issuer_name(x, X509_get_subject_name(issuer == nullptr ? x : issuer));
  X509_set_pubkey(x, key);
  const auto add = [x](int nid, const std::string& value) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str());
    ASSERT_NE(extension, nullptr);
    X509_add_ext(x, extension, -1);
    X509_EXTENSION_free(extension);
  };
  if (!spec.alternatives.empty()) add(NID_subject_alt_name, spec.alternatives);
  add(NID_basic_constraints, spec.is_authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
  EXPECT_GT(X509_sign(x, issuer_key == nullptr ? key : issuer_key, EVP_sha256()), 0);
  return certificate;
}

inline std::string pem_of(X509* certificate) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(bio.get(), certificate);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

inline std::string pem_of(EVP_PKEY* key, const char* passphrase = nullptr) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  const int length = passphrase == nullptr ? 0 : static_cast<int>(std::string_view(passphrase).size());
  PEM_write_bio_PKCS8PrivateKey(bio.get(), key, passphrase == nullptr ? nullptr : EVP_aes_128_cbc(), passphrase, length,
                                nullptr, nullptr);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

}  // namespace sealpost::net
