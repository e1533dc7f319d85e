// Reading PEM files.
#include "net/pem_file.h"

#include <array>
#include <cerrno>
#include <cstdio>

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/secret.h"

namespace sealpost::net {

namespace {

/// A chain of certificates is a few KiB; a file beyond this is something else.
constexpr std::size_t kFileOctetsMax = std::size_t{1} << 20;

struct Descriptor {
  int number = -1;
  ~Descriptor() {
    if (number >= 0) ::close(number);
  }
};

/// Text that may be a private key: wiped when it dies.
struct PemText {
  PemText() = default;
  PemText(PemText&&) = default;
  PemText& operator=(PemText&&) = default;
  ~PemText() { wipe(octets.data(), octets.capacity()); }
  bool has(std::string_view part) const { return octets.contains(part); }
  std::string octets;
};

std::unexpected<Error> cannot_open(std::string_view role, const std::string& path, int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return fail(Fault::kConfiguration, fmt::format("the {} file {} does not exist", role, path));
    case EACCES:
    case EPERM:
      return fail(Fault::kConfiguration,
                  fmt::format("the {} file {} may not be read by this user (permission denied)", role, path));
    default:
      return fail_errno(fmt::format("cannot read the {} file {}", role, path), error);
  }
}

Result<PemText> read_file(std::string_view role, const std::string& path) {
  if (path.empty()) return fail(Fault::kConfiguration, fmt::format("no {} file is configured", role));
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.number < 0) return cannot_open(role, path, errno);
  struct stat facts{};
  if (::fstat(file.number, &facts) == 0 && S_ISDIR(facts.st_mode)) {
    return fail(Fault::kConfiguration, fmt::format("the {} file {} is a directory", role, path));
  }
  PemText text;
  text.octets.resize(kFileOctetsMax + 1);
  std::size_t size = 0;
  while (size < text.octets.size()) {
    const ssize_t n = ::read(file.number, &text.octets[size], text.octets.size() - size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return cannot_open(role, path, errno);
    if (n == 0) break;
    size += static_cast<std::size_t>(n);
  }
  if (size > kFileOctetsMax) {
    return fail(Fault::kConfiguration, fmt::format("the {} file {} is larger than 1 MiB: not a PEM file", role, path));
  }
  text.octets.resize(size);
  if (!text.has("-----BEGIN ")) {
    return fail(
        Fault::kConfiguration,
        fmt::format("the {} file {} is {}", role, path,
                    size == 0 ? "empty"
                              : "not PEM: no line begins with \"-----BEGIN\" (DER is converted by \"openssl x509\" or "
                                "\"openssl pkey\" with -inform der)"));
  }
  return text;
}

BioPtr memory_bio(const PemText& text) {
  return BioPtr(BIO_new_mem_buf(text.octets.data(), static_cast<int>(text.octets.size())));
}

/// Keeps OpenSSL from asking on the terminal.
int no_passphrase(char*, int, int, void*) { return -1; }

}  // namespace

Result<std::vector<X509Ptr>> read_certificates(const std::string& path) {
  auto text = read_file("certificate", path);
  if (!text) return std::unexpected(std::move(text.error()));
  if (!text->has("CERTIFICATE-----")) {
    return fail(
        Fault::kConfiguration,
        text->has("PRIVATE KEY-----")
            ? fmt::format("the certificate file {} holds a private key and no certificate: are the two files swapped?",
                          path)
            : fmt::format("the certificate file {} holds no certificate", path));
  }
  const BioPtr bio = memory_bio(*text);
  std::vector<X509Ptr> certificates;
  ERR_clear_error();
  while (X509* certificate = PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr))
    certificates.emplace_back(certificate);
  const unsigned long error = ERR_peek_last_error();
  const bool is_end = ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
  if (!is_end || certificates.empty()) {
    return fail(Fault::kConfiguration, fmt::format("certificate number {} in {} is damaged: {}",
                                                   certificates.size() + 1, path, openssl_error_text()));
  }
  ERR_clear_error();
  return certificates;
}

Result<KeyPtr> read_private_key(const std::string& path) {
  auto text = read_file("private key", path);
  if (!text) return std::unexpected(std::move(text.error()));
  if (!text->has("PRIVATE KEY-----")) {
    return fail(
        Fault::kConfiguration,
        text->has("CERTIFICATE-----")
            ? fmt::format("the private key file {} holds a certificate and no key: are the two files swapped?", path)
            : fmt::format("the private key file {} holds no private key", path));
  }
  if (text->has("BEGIN ENCRYPTED PRIVATE KEY") || text->has("Proc-Type: 4,ENCRYPTED")) {
    return fail(
        Fault::kConfiguration,
        fmt::format(
            "the private key {} is encrypted with a passphrase, which a server cannot be asked for; write it without "
            "one: openssl pkey -in {} -out NEW",
            path, path));
  }
  const BioPtr bio = memory_bio(*text);
  ERR_clear_error();
  KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr));
  if (!key)
    return fail(Fault::kConfiguration, fmt::format("the private key {} is damaged: {}", path, openssl_error_text()));
  return key;
}

}  // namespace sealpost::net
