// The decider: answers what one server session asks. Credentials go to identity::Verifier, senders and recipients to
// the rules of the listener, content to the queue. It holds the message that is being received, and nothing of it
// outlives the transaction.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "message/header_completer.h"
#include "net/task.h"
#include "smtp/server_session.h"
#include "submission/options.h"

namespace sealpost::submission {

class Decider {
 public:
  /// `id` and `client_address` must outlive the decider.
  Decider(const ListenerOptions& listener, const Services& services, std::string_view id,
          std::string_view client_address);

  net::Task<smtp::Answer> verify(smtp::AskVerify ask);
  smtp::Answer sender(const smtp::AskSender& ask) const;
  smtp::Answer recipient(const smtp::AskRecipient& ask, const smtp::ServerSession& session) const;
  /// Reserves room and starts the message with its trace header.
  smtp::Answer content(const smtp::AskContent& ask, const smtp::ServerSession& session);
  /// A piece of content. A Reply when it cannot be kept: the rest of the content is then refused with it.
  std::optional<smtp::Reply> keep(std::string_view octets);
  /// Makes the message durable.
  net::Task<smtp::Answer> accept(smtp::AskAccept ask);
  /// Drops the message that is being received.
  void abandon();

 private:
  struct Incoming {
    queue::Draft draft;
    RelayPermit permit;
    message::HeaderCompleter completer;
    WallTime arrived;
    std::optional<Error> failure;  // of the spool, while the content came in
  };
  std::optional<RelayPermit> permit(const smtp::ServerSession& session) const;
  bool is_local(const smtp::Domain& domain) const;
  smtp::Reply storage_reply(const Error& error) const;

  const ListenerOptions& listener_;
  const Services services_;
  const std::string_view id_;
  const std::string_view client_address_;
  std::optional<Incoming> incoming_;
};

}  // namespace sealpost::submission
