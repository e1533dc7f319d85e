// The table of handshake failures.
#include "net/tls_failure.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "observe/line_format.h"

namespace sealpost::net {

namespace {

struct Explanation {
  int reason;               // SSL_R_…
  std::string_view server;  // what it means when we are the server
  std::string_view client;  // what it means when we are the client
};

constexpr std::string_view kOldClient =
    "the client speaks only TLS versions older than 1.2, which are no longer allowed (RFC 8996)";
constexpr std::string_view kOldServer =
    "the server speaks only TLS versions older than 1.2, which are no longer allowed (RFC 8996)";
constexpr std::string_view kNotTlsClient = "the client sent something that is not TLS";
constexpr std::string_view kNotTlsServer = "the server answered with something that is not TLS";

constexpr auto kExplanations = std::to_array<Explanation>({
    {SSL_R_UNSUPPORTED_PROTOCOL, kOldClient, kOldServer},
    {SSL_R_VERSION_TOO_LOW, kOldClient, kOldServer},
    {SSL_R_UNKNOWN_PROTOCOL, kNotTlsClient, kNotTlsServer},
    {SSL_R_WRONG_VERSION_NUMBER, kNotTlsClient, kNotTlsServer},
    {SSL_R_HTTP_REQUEST, "the client sent an HTTP request", kNotTlsServer},
    {SSL_R_HTTPS_PROXY_REQUEST, "the client sent an HTTP proxy request", kNotTlsServer},
    {SSL_R_TLSV1_ALERT_PROTOCOL_VERSION, "the client refused our TLS versions, 1.2 and 1.3",
     "the server refused our TLS versions, 1.2 and 1.3"},
    {SSL_R_INAPPROPRIATE_FALLBACK, "the client fell back to an older TLS version although both sides know a newer one",
     "the server saw a fallback to an older TLS version; something on the way disturbed the first attempt"},
    {SSL_R_NO_SHARED_CIPHER,
     "the client offers no cipher that we accept (ECDHE with AES-GCM or ChaCha20) for our kind of key",
     "the server offers no cipher that we accept"},
    {SSL_R_NO_SUITABLE_KEY_SHARE, "the client offers no key exchange group that we accept (X25519, P-256, P-384)",
     "no shared key exchange group"},
    {SSL_R_NO_SHARED_GROUPS, "the client offers no key exchange group that we accept (X25519, P-256, P-384)",
     "no shared key exchange group"},
    {SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM, "the client accepts no signature that our key can make",
     "the server's key can make no signature that we accept"},
    {SSL_R_NO_APPLICATION_PROTOCOL, "the client asked (by ALPN) for another protocol than SMTP",
     "the server speaks (by ALPN) another protocol than SMTP"},
    {SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL, "the client refused our application protocol (ALPN)",
     "the server does not speak SMTP here (ALPN)"},
    {SSL_R_TLSV1_ALERT_UNKNOWN_CA,
     "the client rejected our certificate: it does not know the issuer (self-signed, or an intermediate is missing)",
     "the server does not know the issuer of our certificate"},
    {SSL_R_SSLV3_ALERT_BAD_CERTIFICATE,
     "the client rejected our certificate (bad certificate; often the host name does not fit)",
     "the server rejected our certificate"},
    {SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED,
     "the client rejected our certificate: it has expired, or the client's clock is wrong",
     "the server says our certificate has expired"},
    {SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN,
     "the client rejected our certificate (it does not say why; often it is self-signed or the name does not fit)",
     "the server rejected our certificate"},
    {SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED, "the client rejected our certificate: it was revoked",
     "the server says our certificate was revoked"},
    {SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE, "the client rejected our certificate: it does not support its kind",
     "the server does not support our kind of certificate"},
    {SSL_R_TLSV1_ALERT_ACCESS_DENIED, "the client refused to go on (access denied)",
     "the server refused us (access denied)"},
    {SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED, "the client demands a certificate",
     "the server demands a client certificate"},
    {SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE, "the client found nothing in common with us (handshake failure)",
     "the server found nothing in common with us (handshake failure)"},
    {SSL_R_TLSV1_ALERT_INSUFFICIENT_SECURITY, "the client demands stronger ciphers",
     "the server demands stronger ciphers"},
    {SSL_R_TLSV1_ALERT_USER_CANCELLED, "the client cancelled the handshake", "the server cancelled the handshake"},
    {SSL_R_TLSV1_ALERT_INTERNAL_ERROR, "the client failed inside (internal error)",
     "the server failed inside (internal error)"},
    {SSL_R_TLSV1_ALERT_DECRYPT_ERROR, "the client could not verify our handshake (decrypt error)",
     "the server could not verify our handshake (decrypt error)"},
    {SSL_R_TLSV1_UNRECOGNIZED_NAME, "the client does not recognise the name",
     "the server has no certificate for that name (unrecognized name)"},
    {SSL_R_UNEXPECTED_EOF_WHILE_READING, "the client closed the connection during the handshake",
     "the server closed the connection during the handshake"},
    {SSL_R_UNEXPECTED_MESSAGE, "the client sent handshake messages out of order",
     "the server sent handshake messages out of order"},
    {SSL_R_CERTIFICATE_VERIFY_FAILED, "the client's certificate could not be verified",
     "the server's certificate could not be verified"},
    {SSL_R_UNSAFE_LEGACY_RENEGOTIATION_DISABLED, "the client lacks secure renegotiation (RFC 5746)",
     "the server lacks secure renegotiation (RFC 5746)"},
    {SSL_R_DH_KEY_TOO_SMALL, "the client's key is too small", "the server's key exchange is too weak"},
    {SSL_R_EE_KEY_TOO_SMALL, "the client's key is too small", "the key of the server's certificate is too small"},
});

bool is_http(std::string_view octets) {
  static constexpr auto kMethods =
      std::to_array<std::string_view>({"GET ", "POST ", "HEAD ", "PUT ", "OPTIONS ", "CONNECT ", "PRI * HTTP/2"});
  return std::ranges::any_of(kMethods, [octets](std::string_view method) { return octets.starts_with(method); });
}

/// The first line of what was sent, quoted.
std::string first_words(std::string_view octets) {
  return observe::quoted(octets.substr(0, octets.find_first_of("\r\n")), kQuotedOctetsMax);
}

}  // namespace

std::string explain_tls_failure(unsigned long error, TlsSide side) {
  const int reason = ERR_GET_LIB(error) == ERR_LIB_SSL ? ERR_GET_REASON(error) : 0;
  const auto* const found = std::ranges::find(kExplanations, reason, &Explanation::reason);
  if (found != kExplanations.end()) return std::string(side == TlsSide::kServer ? found->server : found->client);
  const char* text = ERR_reason_error_string(error);
  return fmt::format("TLS failed: {}", text == nullptr ? "no further reason" : text);
}

std::string explain_plain_text(std::string_view octets, TlsSide side) {
  if (side == TlsSide::kServer) {
    if (is_http(octets)) return fmt::format("the client sent an HTTP request: {}", first_words(octets));
    return fmt::format("the client spoke plain text: {} on a port where TLS comes first", first_words(octets));
  }
  // RFC 5321 §4.2: a greeting. RFC 8314 §3: such a port wants STARTTLS.
  if (octets.starts_with("220")) {
    return fmt::format("the server spoke plain text first: {}; this port wants STARTTLS, not TLS from the first byte",
                       first_words(octets));
  }
  return fmt::format("the server spoke plain text: {}", first_words(octets));
}

}  // namespace sealpost::net
