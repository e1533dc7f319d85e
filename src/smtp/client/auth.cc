// AUTH (RFC 4954) with PLAIN (RFC 4616), or LOGIN where PLAIN is not offered. Never: a credential on a connection
// without TLS, unless the option whose name says so is set; a credential to a watcher.
#include <algorithm>

#include "sasl/client.h"
#include "smtp/client/state.h"

namespace sealpost::smtp {

namespace {

using Stage = ClientClosed::Stage;

/// RFC 4954 §4: an initial response that would make the command longer than this (CRLF included) waits for an empty
/// challenge.
constexpr std::size_t kCommandLineMax = 512;

bool may_use(const ServerExtensions& extensions, const ClientOptions& options, std::string_view mechanism) {
  return (options.mechanism.empty() || options.mechanism == mechanism) &&
         std::ranges::find(extensions.mechanisms, mechanism) != extensions.mechanisms.end();
}

std::string why_no_mechanism(const ServerExtensions& extensions, const ClientOptions& options) {
  if (extensions.mechanisms.empty()) return "the server does not offer AUTH";
  return "the server does not offer AUTH with " + (options.mechanism.empty() ? "PLAIN or LOGIN" : options.mechanism);
}

}  // namespace

void ClientSession::State::authenticate() {
  if (options.username.empty()) {
    phase = ClientPhase::kIdle;
    return;
  }
  if (!tls && !options.may_auth_without_tls)
    return fail(Stage::kAuth, std::nullopt, "the password is not sent over a connection without TLS");
  if (may_use(extensions, options, "PLAIN")) {
    const SecretString response = sasl::plain_initial_response("", options.username, options.password);
    constexpr std::string_view kPlain = "AUTH PLAIN ";
    if (kPlain.size() + response.size() + 2 <= kCommandLineMax) {
      auth_exchange = AuthExchange::kLastResponse;
      return secret_line(kPlain, response);
    }
    auth_exchange = AuthExchange::kPlainResponse;
    return command("AUTH PLAIN", ClientCommand::kAuth);
  }
  if (may_use(extensions, options, "LOGIN")) {
    auth_exchange = AuthExchange::kLoginUsername;
    return command("AUTH LOGIN", ClientCommand::kAuth);
  }
  fail(Stage::kAuth, std::nullopt, why_no_mechanism(extensions, options));
}

void ClientSession::State::handle_auth(const Reply& reply) {
  if (reply.code == 334) {
    switch (auth_exchange) {
      case AuthExchange::kPlainResponse:
        auth_exchange = AuthExchange::kLastResponse;
        return secret_line("", sasl::plain_initial_response("", options.username, options.password));
      case AuthExchange::kLoginUsername:
        auth_exchange = AuthExchange::kLoginPassword;
        return secret_line("", sasl::login_username_response(options.username));
      case AuthExchange::kLoginPassword:
        auth_exchange = AuthExchange::kLastResponse;
        return secret_line("", sasl::login_password_response(options.password));
      case AuthExchange::kLastResponse:
        // RFC 4954 §4: the client cancels with "*"; the 501 that follows ends the session below.
        auth_exchange = AuthExchange::kNone;
        return command("*", ClientCommand::kAuth);
      case AuthExchange::kNone:
        break;
    }
    return fail(Stage::kAuth, std::nullopt, "the server goes on asking after the login was cancelled");
  }
  // RFC 4954 §6: 235 is the only success. Any other positive reply, or one to an exchange that was not finished, means
  // that we do not understand each other.
  if (reply.code == 235 && auth_exchange == AuthExchange::kLastResponse) {
    auth_exchange = AuthExchange::kNone;
    is_authenticated = true;
    phase = ClientPhase::kIdle;
    return;
  }
  if (reply.is_positive()) return fail(Stage::kAuth, std::nullopt, "the server answers AUTH with " + reply.to_line());
  fail(Stage::kAuth, reply, "the server refuses the login");
}

}  // namespace sealpost::smtp
