// Stream: TLS handshakes of both sides, and what went wrong with them in words.
// Before the first TLS octet nothing is sent (RFC 8314 §3.3); only a client that spoke plain text first is told so in
// plain text.
#include <array>
#include <cerrno>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include "base/assert.h"
#include "net/certificate_facts.h"
#include "net/client_sessions.h"
#include "net/stream_state.h"
#include "net/tls_facts_source.h"
#include "net/tls_failure.h"

namespace sealpost::net {

namespace {

constexpr std::string_view kPlainTextAnswer =
    "554 5.7.0 This port speaks TLS from the first byte (SMTPS); connect with implicit TLS or use STARTTLS on port "
    "587\r\n";

/// Enough to show what the peer said, and to recognise TLS.
constexpr std::size_t kPeekedOctetsMax = 128;

struct Peeked {
  std::array<char, kPeekedOctetsMax> octets{};
  ssize_t size = 0;
  int error = 0;
  std::string_view text() const { return {octets.data(), size > 0 ? static_cast<std::size_t>(size) : 0}; }
};

Peeked peek(Socket& socket) {
  Peeked peeked;
  do {
    peeked.size = ::recv(socket.native_handle(), peeked.octets.data(), peeked.octets.size(), MSG_PEEK);
    peeked.error = peeked.size < 0 ? errno : 0;
  } while (peeked.error == EINTR);
  return peeked;
}

bool is_server_answer(std::string_view octets) {
  const auto first = static_cast<unsigned char>(octets.front());
  return first == kHandshakeRecord || first == kAlertRecord;
}

Result<void> begin_tls(SslPtr& ssl, SSL_CTX* context, Socket& socket) {
  ERR_clear_error();
  ssl.reset(SSL_new(context));
  if (ssl && SSL_set_fd(ssl.get(), socket.native_handle()) == 1) return {};
  ssl.reset();
  return fail(Fault::kResource, "cannot begin TLS: " + openssl_error_text());
}

/// RFC 9525 §6: whom we want to talk to. RFC 6066 §3: SNI carries DNS names only.
Result<void> set_expected_server(SSL* ssl, const std::string& name) {
  bool is_set = false;
  if (is_address_literal(name)) {
    is_set = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name.c_str()) == 1;
  } else {
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    is_set = SSL_set1_host(ssl, name.c_str()) == 1 && SSL_set_tlsext_host_name(ssl, name.c_str()) == 1;
  }
  if (is_set) return {};
  return fail(Fault::kConfiguration,
              fmt::format("\"{}\" cannot be the name of a TLS server: {}", name, openssl_error_text()));
}

}  // namespace

/// Runs the handshake to its end. On failure the alert is on its way and the connection still open.
Task<Result<void>> Stream::handshake(TlsSide side) {
  State& state = *state_;
  const char* what = side == TlsSide::kServer ? "waiting for the client to finish the TLS handshake"
                                              : "waiting for the server to finish the TLS handshake";
  bool has_heard = side == TlsSide::kServer;  // accept_tls() has looked at the client's first octets
  for (;;) {
    // A greeting in plain text is worth to be quoted, so the first octets are looked at before OpenSSL takes them.
    if (!has_heard) {
      const Peeked peeked = peek(state.socket);
      has_heard = peeked.size > 0;
      if (has_heard && !is_server_answer(peeked.text()))
        co_return fail(Fault::kPeer, explain_plain_text(peeked.text(), side));
    }
    ERR_clear_error();
    errno = 0;
    const int done = SSL_do_handshake(state.ssl.get());
    const int error_number = errno;
    if (done == 1) co_return Result<void>();
    const int error = SSL_get_error(state.ssl.get(), done);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
      const Direction direction = error == SSL_ERROR_WANT_READ ? Direction::kRead : Direction::kWrite;
      if (auto ready = co_await state.wait(direction, what); !ready)
        co_return std::unexpected(std::move(ready.error()));
      continue;
    }
    if (error == SSL_ERROR_SYSCALL) {
      ERR_clear_error();
      const char* peer = side == TlsSide::kServer ? "client" : "server";
      if (error_number == 0 || error_number == ECONNRESET || error_number == EPIPE) {
        co_return fail(Fault::kPeer, fmt::format("the {} closed the connection during the handshake", peer));
      }
      co_return state.system_error("shaking hands", error_number);
    }
    const unsigned long reason = ERR_peek_last_error();
    ERR_clear_error();
    co_return fail(Fault::kPeer, explain_tls_failure(reason, side));
  }
}

/// For a client that did not begin with TLS: tells it, where that is safe, and says what it sent.
Task<Error> Stream::refuse_plain_text(std::string octets) {
  // After "220 Ready to start TLS" a line in clear could be taken for an answer inside TLS: then nothing is said.
  // An HTTP client gets nothing either; our answer must not become the body of a web page (ALPACA).
  const bool is_mail_client = !explain_plain_text(octets, TlsSide::kServer).contains("HTTP");
  if (!state_->has_spoken_plain && is_mail_client)
    ignore(co_await write_all(kPlainTextAnswer), "the client may be gone");
  co_await shut_down();
  co_return Error{Fault::kPeer, explain_plain_text(octets, TlsSide::kServer)};
}

Task<Result<TlsFacts>> Stream::accept_tls(const ServerTlsContext& context) {
  State& state = *state_;
  SEALPOST_ASSERT(!state.ssl, "TLS begins once per connection");
  auto first = co_await state.wait(Direction::kRead, "waiting for the client to begin the TLS handshake");
  if (!first) {
    if (first.error().fault == Fault::kTimeout && !state.has_spoken_plain) {
      first.error().text += ": it sent nothing, as a client does that waits for a greeting in plain text";
    }
    co_return std::unexpected(std::move(first.error()));
  }
  const Peeked peeked = peek(state.socket);
  if (peeked.size < 0 && peeked.error != EAGAIN)
    co_return state.system_error("waiting for the TLS handshake", peeked.error);
  if (peeked.size == 0) {
    state.close();
    co_return fail(Fault::kPeer, "the client closed the connection before the TLS handshake");
  }
  if (peeked.size > 0 && static_cast<unsigned char>(peeked.octets[0]) != kHandshakeRecord) {
    std::string octets(peeked.text());
    co_return std::unexpected(co_await refuse_plain_text(std::move(octets)));
  }

  if (auto begun = begin_tls(state.ssl, context.native(), state.socket); !begun) {
    state.close();
    co_return std::unexpected(std::move(begun.error()));
  }
  SSL_set_accept_state(state.ssl.get());
  if (auto done = co_await handshake(TlsSide::kServer); !done) {
    co_await linger();
    co_return std::unexpected(std::move(done.error()));
  }
  state.is_secure = true;
  // OpenSSL has taken what there was; what it holds of the next records, it tells.
  state.may_be_readable = false;
  co_return TlsFactsSource::read(state.ssl.get());
}

Task<Result<TlsFacts>> Stream::connect_tls(const ClientTlsContext& context, std::string server_name) {
  State& state = *state_;
  SEALPOST_ASSERT(!state.ssl, "TLS begins once per connection");
  if (!state.socket.is_open()) co_return state.closed_error();
  state.server_name = std::move(server_name);
  state.session_server = fmt::format("{}:{}", state.server_name, state.peer.port);
  auto begun = begin_tls(state.ssl, context.native(), state.socket);
  if (begun) begun = set_expected_server(state.ssl.get(), state.server_name);
  if (!begun) {
    state.close();
    co_return std::unexpected(std::move(begun.error()));
  }
  SSL* ssl = state.ssl.get();
  SSL_set_connect_state(ssl);
  remember_verification(ssl, &state.verification);
  set_session_server(ssl, &state.session_server);
  if (ClientSessions* sessions = client_sessions_of(context.native())) {
    if (const SessionPtr session = sessions->take(state.session_server)) SSL_set_session(ssl, session.get());
  }

  auto done = co_await handshake(TlsSide::kClient);
  if (!done) {
    const bool is_untrusted = state.verification.code != X509_V_OK && context.verifies();
    if (is_untrusted) done.error().text = explain_verification(state.verification, state.server_name, wall_now());
    if (state.socket.is_open()) co_await linger();
    co_return std::unexpected(std::move(done.error()));
  }
  state.is_secure = true;
  // OpenSSL has taken what there was; what it holds of the next records, it tells.
  state.may_be_readable = false;
  co_return TlsFactsSource::read(ssl);
}

PeerCertificate Stream::peer_certificate() const {
  const State& state = *state_;
  PeerCertificate result;
  if (!state.ssl) return result;
  X509* leaf = SSL_get0_peer_certificate(state.ssl.get());
  if (leaf == nullptr) leaf = state.verification.leaf.get();  // a refused one: OpenSSL has thrown it away
  if (leaf == nullptr) return result;
  result.is_present = true;
  result.facts = read_certificate_facts(leaf);
  const long verdict = SSL_get_verify_result(state.ssl.get());
  result.is_verified = verdict == X509_V_OK && state.verification.code == X509_V_OK;
  result.verification_text = state.verification.code != X509_V_OK
                                 ? explain_verification(state.verification, state.server_name, wall_now())
                                 : X509_verify_cert_error_string(verdict);
  return result;
}

}  // namespace sealpost::net
