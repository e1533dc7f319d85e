// ClientTlsContext: trust anchors, verification and resumption of outgoing connections.
#include <fmt/format.h>
#include <openssl/err.h>

#include "net/client_sessions.h"
#include "net/openssl.h"
#include "net/pem_file.h"
#include "net/tls_context.h"
#include "net/tls_profile.h"
#include "net/verification.h"

namespace sealpost::net {

struct ClientTlsContext::State {
  SslContextPtr context;
  bool verifies = true;
};

namespace {

/// The sessions belong to the SSL_CTX, which lives as long as its last connection.
int sessions_index() {
  static const int index = SSL_CTX_get_ex_new_index(
      0, nullptr, nullptr, nullptr,
      [](void*, void* sessions, CRYPTO_EX_DATA*, int, long, void*) { delete static_cast<ClientSessions*>(sessions); });
  return index;
}

/// Called for every ticket that a server sends. A copy is kept: OpenSSL declares the session of a connection that ends
/// without close_notify unfit, which RFC 5246 §7.2.1 no longer demands. 0: the reference that came with the call is not
/// ours.
int keep_session(SSL* ssl, SSL_SESSION* session) {
  ClientSessions* sessions = client_sessions_of(SSL_get_SSL_CTX(ssl));
  const std::string* server = session_server_of(ssl);
  if (sessions == nullptr || server == nullptr) return 0;
  if (SessionPtr copy{SSL_SESSION_dup(session)}) sessions->put(*server, std::move(copy));
  return 0;
}

Result<void> trust(SSL_CTX* context, const std::string& ca_file) {
  if (ca_file.empty()) {
    if (SSL_CTX_set_default_verify_paths(context) == 1) return {};
    return fail(Fault::kConfiguration, "cannot read the system's certificate authorities: " + openssl_error_text());
  }
  auto anchors = read_certificates(ca_file);
  if (!anchors) return std::unexpected(std::move(anchors.error()).in("trusted authorities"));
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  for (const X509Ptr& anchor : *anchors) {
    if (X509_STORE_add_cert(store, anchor.get()) != 1) {
      return fail(Fault::kConfiguration,
                  fmt::format("cannot use the authorities in {}: {}", ca_file, openssl_error_text()));
    }
  }
  return {};
}

}  // namespace

ClientSessions* client_sessions_of(SSL_CTX* context) {
  return static_cast<ClientSessions*>(SSL_CTX_get_ex_data(context, sessions_index()));
}

Result<ClientTlsContext> ClientTlsContext::make(const ClientTlsOptions& options) {
  auto state = std::make_unique<State>();
  state->context.reset(SSL_CTX_new(TLS_client_method()));
  state->verifies = options.verifies;
  SSL_CTX* context = state->context.get();
  if (context == nullptr) return fail(Fault::kInternal, "OpenSSL cannot make a TLS context: " + openssl_error_text());
  if (auto done = apply_tls_profile(context); !done) return std::unexpected(std::move(done.error()));
  if (auto done = trust(context, options.ca_file); !done) return std::unexpected(std::move(done.error()));
  // Without verification the chain is checked all the same, for display; only the verdict does not end the handshake.
  SSL_CTX_set_verify(context, options.verifies ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, verify_callback);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  if (options.offers_resumption) {
    if (SSL_CTX_set_ex_data(context, sessions_index(), new ClientSessions) != 1) {
      return fail(Fault::kInternal, "OpenSSL has no room for the sessions");
    }
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context, keep_session);
  }
  return ClientTlsContext(std::move(state));
}

ClientTlsContext::ClientTlsContext(std::unique_ptr<State> state) : state_(std::move(state)) {}
ClientTlsContext::~ClientTlsContext() = default;
ClientTlsContext::ClientTlsContext(ClientTlsContext&&) noexcept = default;
ClientTlsContext& ClientTlsContext::operator=(ClientTlsContext&&) noexcept = default;

bool ClientTlsContext::verifies() const { return state_->verifies; }
SSL_CTX* ClientTlsContext::native() const { return state_->context.get(); }

}  // namespace sealpost::net
