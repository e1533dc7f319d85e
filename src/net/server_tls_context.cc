// ServerTlsContext: certificate, key, ALPN and tickets of one listener. Never asks for a client certificate (RFC 8314
// §4.2).
#include <algorithm>
#include <span>

#include <fmt/format.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <sys/stat.h>

#include "base/assert.h"
#include "net/certificate_facts.h"
#include "net/openssl.h"
#include "net/pem_file.h"
#include "net/ticket_keys.h"
#include "net/tls_context.h"
#include "net/tls_profile.h"

namespace sealpost::net {

struct ServerTlsContext::State {
  SslContextPtr context;
  X509Ptr leaf;
  CertificateFacts facts;
  std::string certificate_file;
  std::string private_key_file;
  bool lacks_intermediate = false;
  bool is_key_readable_by_all = false;
};

namespace {

/// The keys belong to the SSL_CTX, which lives as long as its last connection; the ServerTlsContext may be gone after a
/// reload.
int ticket_keys_index() {
  static const int index = SSL_CTX_get_ex_new_index(
      0, nullptr, nullptr, nullptr,
      [](void*, void* keys, CRYPTO_EX_DATA*, int, long, void*) { delete static_cast<TicketKeys*>(keys); });
  return index;
}

/// RFC 9325 §3.8: a client that names protocols and not ours is refused; that closes the door to cross-protocol attacks
/// (ALPACA). No identifier is registered for SMTP; "smtp" is what those who send one send.
int select_alpn(SSL*, const unsigned char** chosen, unsigned char* chosen_length, const unsigned char* offered,
                unsigned offered_length, void*) {
  static constexpr std::string_view kSmtp = "smtp";
  // Our own copy is what OpenSSL is pointed to: it outlives every connection.
  std::span<const unsigned char> rest(offered, offered_length);
  while (!rest.empty()) {
    const std::size_t length = rest.front();
    rest = rest.subspan(1);
    if (length > rest.size()) break;
    if (std::ranges::equal(rest.first(length), kSmtp)) {
      *chosen = reinterpret_cast<const unsigned char*>(kSmtp.data());
      *chosen_length = static_cast<unsigned char>(kSmtp.size());
      return SSL_TLSEXT_ERR_OK;
    }
    rest = rest.subspan(length);
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

bool use_ticket_key(const TicketKey& key, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac, bool encrypts) {
  TicketKey copy = key;  // OSSL_PARAM takes a pointer to what is not const
  char digest[] = "SHA256";
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, copy.mac_key.data(), copy.mac_key.size()),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_construct_end()};
  const auto init = encrypts ? EVP_EncryptInit_ex : EVP_DecryptInit_ex;
  return EVP_MAC_CTX_set_params(mac, parameters) == 1 &&
         init(cipher, EVP_aes_256_cbc(), nullptr, key.cipher_key.data(), iv) == 1;
}

constexpr std::size_t kTicketKeyNameSize = 16;
constexpr int kTicketIvSize = 16;

/// The callback of SSL_CTX_set_tlsext_ticket_key_evp_cb(3): 1 yes, 2 yes and renew, 0 unknown ticket or no ticket, -1
/// error.
int ticket_key_callback(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac,
                        int encrypts) {
  auto& keys = *static_cast<TicketKeys*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), ticket_keys_index()));
  const std::span<unsigned char, kTicketKeyNameSize> key_name(name, kTicketKeyNameSize);
  if (encrypts == 1) {
    const auto key = keys.current(steady_now());
    if (!key || RAND_bytes(iv, kTicketIvSize) != 1) return -1;
    std::ranges::copy(key->name, key_name.begin());
    return use_ticket_key(*key, iv, cipher, mac, true) ? 1 : -1;
  }
  const auto key = keys.find(key_name, steady_now());
  if (!key) return 0;
  // RFC 8446 §C.4: a ticket should be used once, so each resumption brings a new one.
  return use_ticket_key(*key, iv, cipher, mac, false) ? 2 : -1;
}

Result<void> check_key_strength(const EVP_PKEY* key, const std::string& path) {
  // RFC 9325 §4.5
  if (EVP_PKEY_is_a(key, "RSA") == 1 && EVP_PKEY_get_bits(key) < kRsaBitsMin) {
    return fail(Fault::kConfiguration, fmt::format("the private key {} is RSA with {} bits; at least {} are needed",
                                                   path, EVP_PKEY_get_bits(key), kRsaBitsMin));
  }
  return {};
}

bool is_self_signed(X509* certificate) { return X509_self_signed(certificate, 0) == 1; }

/// A chain of the leaf alone is right only when its issuer is a root that everybody has.
bool is_issuer_a_system_root(X509* leaf) {
  const std::unique_ptr<X509_STORE, OpensslRelease<X509_STORE_free>> roots(X509_STORE_new());
  const std::unique_ptr<X509_STORE_CTX, OpensslRelease<X509_STORE_CTX_free>> lookup(X509_STORE_CTX_new());
  if (!roots || !lookup || X509_STORE_set_default_paths(roots.get()) != 1) return false;
  if (X509_STORE_CTX_init(lookup.get(), roots.get(), leaf, nullptr) != 1) return false;
  X509* issuer = nullptr;
  const bool is_found = X509_STORE_CTX_get1_issuer(&issuer, lookup.get(), leaf) == 1;
  X509_free(issuer);
  ERR_clear_error();
  return is_found;
}

bool is_readable_by_all(const std::string& path) {
  struct stat facts{};
  return ::stat(path.c_str(), &facts) == 0 && (facts.st_mode & S_IROTH) != 0;
}

Result<void> use_certificates(SSL_CTX* context, const std::vector<X509Ptr>& chain, const std::string& path) {
  bool is_used = SSL_CTX_use_certificate(context, chain.front().get()) == 1;
  for (const X509Ptr& certificate : std::span(chain).subspan(1)) {
    is_used = is_used && SSL_CTX_add1_chain_cert(context, certificate.get()) == 1;
  }
  if (is_used) return {};
  return fail(Fault::kConfiguration, fmt::format("OpenSSL refuses the certificate {}: {}", path, openssl_error_text()));
}

Result<void> use_private_key(SSL_CTX* context, X509* leaf, EVP_PKEY* key, const ServerTlsOptions& options) {
  if (X509_check_private_key(leaf, key) != 1) {
    ERR_clear_error();
    return fail(Fault::kConfiguration,
                fmt::format("the private key {} does not belong to the certificate {} (they are not of one pair)",
                            options.private_key_file, options.certificate_file));
  }
  if (SSL_CTX_use_PrivateKey(context, key) == 1) return {};
  return fail(Fault::kConfiguration,
              fmt::format("OpenSSL refuses the private key {}: {}", options.private_key_file, openssl_error_text()));
}

/// No server-side cache; tickets that only this listener's contexts of this process can read.
Result<void> set_resumption(SSL_CTX* context, std::string_view listener_name) {
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_timeout(context, std::chrono::seconds(kTicketKeyRotation).count());
  if (SSL_CTX_set_ex_data(context, ticket_keys_index(), new TicketKeys) != 1) {
    return fail(Fault::kInternal, "OpenSSL has no room for the ticket keys");
  }
  SSL_CTX_set_tlsext_ticket_key_evp_cb(context, ticket_key_callback);
  std::array<unsigned char, SHA256_DIGEST_LENGTH> name{};
  static_assert(SHA256_DIGEST_LENGTH <= SSL_MAX_SID_CTX_LENGTH);
  SHA256(reinterpret_cast<const unsigned char*>(listener_name.data()), listener_name.size(), name.data());
  if (SSL_CTX_set_session_id_context(context, name.data(), static_cast<unsigned>(name.size())) == 1 &&
      SSL_CTX_set_num_tickets(context, 1) == 1) {
    return {};
  }
  return fail(Fault::kInternal, "OpenSSL refuses the ticket settings");
}

}  // namespace

Result<ServerTlsContext> ServerTlsContext::load(const ServerTlsOptions& options) {
  auto chain = read_certificates(options.certificate_file);
  if (!chain) return std::unexpected(std::move(chain.error()));
  auto key = read_private_key(options.private_key_file);
  if (!key) return std::unexpected(std::move(key.error()));

  auto state = std::make_unique<State>();
  state->context.reset(SSL_CTX_new(TLS_server_method()));
  SSL_CTX* context = state->context.get();
  if (context == nullptr) return fail(Fault::kInternal, "OpenSSL cannot make a TLS context: " + openssl_error_text());
  if (auto done = apply_tls_profile(context); !done) return std::unexpected(std::move(done.error()));
  X509* leaf = chain->front().get();
  // The key first: a weak or foreign key has a clearer name there than in OpenSSL's refusal of the certificate.
  if (auto done = check_key_strength(key->get(), options.private_key_file); !done)
    return std::unexpected(std::move(done.error()));
  if (auto done = use_certificates(context, *chain, options.certificate_file); !done)
    return std::unexpected(std::move(done.error()));
  if (auto done = use_private_key(context, leaf, key->get(), options); !done)
    return std::unexpected(std::move(done.error()));
  if (auto done = set_resumption(context, options.listener_name); !done)
    return std::unexpected(std::move(done.error()));

  SSL_CTX_set_alpn_select_cb(context, select_alpn, nullptr);
  state->facts = read_certificate_facts(leaf);
  state->lacks_intermediate = chain->size() == 1 && !is_self_signed(leaf) && !is_issuer_a_system_root(leaf);
  state->is_key_readable_by_all = is_readable_by_all(options.private_key_file);
  state->certificate_file = options.certificate_file;
  state->private_key_file = options.private_key_file;
  state->leaf = std::move(chain->front());
  return ServerTlsContext(std::move(state));
}

ServerTlsContext::ServerTlsContext(std::unique_ptr<State> state) : state_(std::move(state)) {}
ServerTlsContext::~ServerTlsContext() = default;
ServerTlsContext::ServerTlsContext(ServerTlsContext&&) noexcept = default;
ServerTlsContext& ServerTlsContext::operator=(ServerTlsContext&&) noexcept = default;

const CertificateFacts& ServerTlsContext::certificate() const { return state_->facts; }
SSL_CTX* ServerTlsContext::native() const { return state_->context.get(); }

std::vector<std::string> ServerTlsContext::warnings(WallTime now, std::string_view hostname) const {
  std::vector<std::string> warnings;
  const std::string& file = state_->certificate_file;
  if (const std::string text = validity_warning(state_->facts, now); !text.empty())
    warnings.push_back(fmt::format("{} {}", file, text));
  if (!hostname.empty() && !names_host(state_->leaf.get(), hostname)) {
    warnings.push_back(
        fmt::format("{} names no host like {} (it is for {})", file, hostname, list_names(state_->facts)));
  }
  if (state_->lacks_intermediate) {
    warnings.push_back(fmt::format(
        "no intermediate certificate in {}: it holds only the certificate itself, and clients may not know its issuer "
        "\"{}\"; append the issuer's certificate",
        file, short_name(X509_get_issuer_name(state_->leaf.get()))));
  }
  if (state_->is_key_readable_by_all) {
    warnings.push_back(
        fmt::format("every user of this machine may read the private key {}; chmod 600 it", state_->private_key_file));
  }
  return warnings;
}

}  // namespace sealpost::net
