// ServerSession: the public face of server::Session.
#include "smtp/server_session.h"

#include <array>
#include <utility>

#include "smtp/server/session.h"

namespace sealpost::smtp {

struct ServerSession::State final : server::Session {
  using Session::Session;
};

ServerSession::ServerSession(const ServerOptions& options, std::optional<TlsFacts> tls, bool greets,
                             SessionWatcher* watcher)
    : state_(std::make_unique<State>(options, std::move(tls), greets, watcher)) {}
ServerSession::~ServerSession() = default;
ServerSession::ServerSession(ServerSession&&) noexcept = default;
ServerSession& ServerSession::operator=(ServerSession&&) noexcept = default;

ServerStep ServerSession::next() { return state_->next(); }
void ServerSession::feed(std::string_view octets) { state_->feed(octets); }
void ServerSession::answer(Answer answer) { state_->answer(std::move(answer)); }
void ServerSession::refuse_content(Reply reply) { state_->refuse_content(std::move(reply)); }
void ServerSession::shut_down(Reply reply) { state_->shut_down(reply); }
bool ServerSession::is_idle() const { return state_->is_idle(); }
bool ServerSession::is_receiving_content() const { return state_->is_receiving_content(); }
const std::optional<TlsFacts>& ServerSession::tls() const { return state_->tls(); }
const std::optional<Principal>& ServerSession::principal() const { return state_->principal(); }
const std::string& ServerSession::helo() const { return state_->helo(); }

std::string_view ServerSession::protocol_name() const {
  // RFC 3848 has no names for HELO under TLS or with a login.
  if (!state_->is_esmtp()) return "SMTP";
  static constexpr std::array<std::string_view, 4> kNames = {"ESMTP", "ESMTPA", "ESMTPS", "ESMTPSA"};
  static constexpr std::array<std::string_view, 4> kUtf8Names = {"UTF8SMTP", "UTF8SMTPA", "UTF8SMTPS", "UTF8SMTPSA"};
  const auto* transaction = std::get_if<server::Transaction>(&std::as_const(*state_).state());
  const bool is_utf8 = transaction != nullptr && transaction->envelope.parameters.is_smtputf8;
  const std::size_t which = (tls() ? 2U : 0U) + (principal() ? 1U : 0U);
  return is_utf8 ? kUtf8Names.at(which) : kNames.at(which);
}

}  // namespace sealpost::smtp
