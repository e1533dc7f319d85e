// The decider: one function per question. RFC 6409 for submission, RFC 5321 §6.1 for what a 250 obliges to.
#include "submission/decider.h"

#include <algorithm>

#include "base/assert.h"
#include "crypto/random.h"
#include "message/message_id.h"
#include "message/received.h"
#include "observe/events.h"
#include "observe/log.h"
#include "smtp/reply_catalogue.h"
#include "submission/local_delivery.h"

namespace sealpost::submission {

namespace replies = smtp::catalogue;
namespace events = observe::events;
using observe::Level;

Decider::Decider(const ListenerOptions& listener, const Services& services, std::string_view id,
                 std::string_view client_address)
    : listener_(listener), services_(services), id_(id), client_address_(client_address) {}

net::Task<smtp::Answer> Decider::verify(smtp::AskVerify ask) {
  const std::string login = ask.credentials.authcid;
  const std::string mechanism(ask.mechanism);
  sasl::PasswordCredentials credentials{ask.credentials.authzid, ask.credentials.authcid,
                                        ask.credentials.password.copy()};
  auto verified = co_await services_.verifier.verify(std::move(credentials));
  if (!verified) {
    observe::log(Level::kError, events::kAuthUnavailable,
                 {{"session", id_}, {"peer", client_address_}, {"account", login}, {"reason", verified.error().text}});
    // RFC 4954 §6: a back end that is down is no verdict about the password.
    co_return replies::auth_temporarily_unavailable();
  }
  if (!*verified) {
    observe::log(Level::kWarning, events::kAuthFailed,
                 {{"session", id_}, {"peer", client_address_}, {"account", login}, {"mechanism", mechanism}});
    co_return replies::auth_failed();
  }
  observe::log(Level::kInfo, events::kAuthenticated,
               {{"session", id_}, {"peer", client_address_}, {"account", login}, {"mechanism", mechanism}});
  co_return smtp::Verified{std::move(**verified)};
}

smtp::Answer Decider::sender(const smtp::AskSender&) const {
  // RFC 6409 §3.2: the null return path is no cause for rejection. Sender-login rules will be decided here.
  return smtp::Allowed{};
}

bool Decider::is_local(const smtp::Domain& domain) const {
  return std::ranges::any_of(listener_.local_domains, [&](const std::string& local) { return domain.equals(local); });
}

smtp::Answer Decider::recipient(const smtp::AskRecipient& ask, const smtp::ServerSession& session) const {
  const smtp::Domain& domain = ask.recipient.forward_path.domain();
  // RFC 5068 §3.2: nobody relays without having logged in.
  if (!session.principal() && !is_local(domain)) return replies::relay_denied();
  if (!services_.queue.has_route(domain)) return replies::no_route();
  return smtp::Allowed{};
}

std::optional<RelayPermit> Decider::permit(const smtp::ServerSession& session) const {
  if (session.principal()) return RelayPermit::for_principal(*session.principal());
  if (listener_.session.service == smtp::Service::kSmtp) return LocalDelivery::permit();
  return std::nullopt;
}

smtp::Reply Decider::storage_reply(const Error& error) const {
  observe::log(Level::kError, events::kStorageRefused, {{"session", id_}, {"reason", error.text}});
  return error.fault == Fault::kResource ? replies::insufficient_storage() : replies::cannot_accept_now();
}

smtp::Answer Decider::content(const smtp::AskContent& ask, const smtp::ServerSession& session) {
  const auto granted = permit(session);
  SEALPOST_ASSERT(granted, "the session asks for content only after AUTH or on the service smtp");
  // RFC 1870 §6.1: SIZE is what the client expects; without it anything up to the limit may come.
  const Bytes expected =
      std::min(ask.envelope.parameters.size.value_or(listener_.session.size_max), listener_.session.size_max);
  auto draft = services_.queue.begin(*granted, ask.envelope, expected);
  if (!draft) return storage_reply(draft.error());

  const WallTime now = wall_now();
  const std::string queue_id = draft->id.to_string();
  std::string for_path;
  if (ask.envelope.recipients.size() == 1) for_path = smtp::to_path(ask.envelope.recipients.front().forward_path);
  const TlsFacts::Values* tls = session.tls() ? &session.tls()->values() : nullptr;
  message::ReceivedValues values{.helo = session.helo(),
                                 .client_address = client_address_,
                                 .hostname = listener_.session.hostname,
                                 .protocol = session.protocol_name(),
                                 .queue_id = queue_id,
                                 .tls_cipher = tls ? std::string_view(tls->cipher) : std::string_view(),
                                 .tls_group = tls ? std::string_view(tls->group) : std::string_view(),
                                 .for_path = for_path,
                                 .time = now};
  incoming_.emplace(Incoming{
      std::move(*draft), *granted,
      message::HeaderCompleter({message::make_received(values), format_rfc5322(now),
                                message::make_message_id(crypto::random_u64(), now, listener_.session.hostname)}),
      now, std::nullopt});
  return smtp::Allowed{};
}

std::optional<smtp::Reply> Decider::keep(std::string_view octets) {
  SEALPOST_ASSERT(incoming_, "content comes only after it was allowed");
  Incoming& incoming = *incoming_;
  incoming.completer.feed(octets, [&incoming](std::string_view piece) {
    if (incoming.failure) return;
    if (auto kept = incoming.draft.body->append(piece); !kept) incoming.failure = std::move(kept.error());
  });
  if (!incoming.failure) return std::nullopt;
  return storage_reply(*incoming.failure);
}

net::Task<smtp::Answer> Decider::accept(smtp::AskAccept ask) {
  SEALPOST_ASSERT(incoming_, "a message is accepted only after its content came");
  Incoming incoming = std::move(*incoming_);
  incoming_.reset();
  incoming.completer.finish([&incoming](std::string_view piece) {
    if (incoming.failure) return;
    if (auto kept = incoming.draft.body->append(piece); !kept) incoming.failure = std::move(kept.error());
  });
  if (incoming.failure) co_return storage_reply(*incoming.failure);
  if (incoming.completer.is_looping()) co_return replies::mail_loop();

  const QueueId queue_id = incoming.draft.id;
  const std::size_t recipients = ask.envelope.recipients.size();
  const std::string sender = smtp::to_path(ask.envelope.reverse_path);
  const Bytes size = incoming.completer.size();
  const std::string account = incoming.permit.account();
  queue::SubmissionFacts facts{incoming.arrived, std::string(client_address_), incoming.completer.is_8bit()};
  auto accepted = co_await services_.queue.accept(std::move(incoming.permit), std::move(ask.envelope),
                                                  std::move(incoming.draft), std::move(facts));
  if (!accepted) co_return storage_reply(accepted.error());
  observe::log(Level::kInfo, events::kQueued,
               {{"session", id_},
                {"id", queue_id.to_string()},
                {"from", sender},
                {"recipients", recipients},
                {"size", size.count},
                {"account", account}});
  co_return smtp::Queued{queue_id};
}

void Decider::abandon() { incoming_.reset(); }

}  // namespace sealpost::submission
