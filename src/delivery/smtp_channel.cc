// SmtpChannel: the loop over the session's steps.
#include "delivery/smtp_channel.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "delivery/own_reply.h"

namespace sealpost::delivery {

namespace {

// Content is collected up to this much before it is written: few system calls, bounded memory per connection.
constexpr std::size_t kWriteSize = std::size_t{128} * 1024;
// Replies are short; a longer group of them takes more than one read.
constexpr std::size_t kReadSize = std::size_t{8} * 1024;

smtp::StartTlsPolicy starttls_policy(RouteTls tls) {
  switch (tls) {
    case RouteTls::kOpportunistic:
      return smtp::StartTlsPolicy::kIfOffered;
    case RouteTls::kRequired:
      return smtp::StartTlsPolicy::kRequired;
    case RouteTls::kNone:
    case RouteTls::kImplicit:
      return smtp::StartTlsPolicy::kNever;
  }
  return smtp::StartTlsPolicy::kRequired;
}

}  // namespace

net::Task<std::expected<void, smtp::Reply>> SmtpChannel::open() {
  Pause pause = co_await open_once(starttls_policy(destination_.tls));
  // RFC 7435 §3: opportunistic security falls back rather than not delivering. There is no way back from TLS to clear
  // text on one connection, so it is a new one.
  if (pause == Pause::kTlsFailed && destination_.tls == RouteTls::kOpportunistic && !is_closed_)
    pause = co_await open_once(smtp::StartTlsPolicy::kNever);
  if (pause == Pause::kReady) {
    is_reusable_ = true;
    co_return std::expected<void, smtp::Reply>{};
  }
  if (stream_) stream_->close();
  co_return std::unexpected(as_transient(failure_, destination_.name));
}

net::Task<SmtpChannel::Pause> SmtpChannel::open_once(smtp::StartTlsPolicy policy) {
  session_.reset();
  stream_.reset();
  out_.clear();
  is_lost_ = false;
  const SteadyTime deadline = steady_now() + destination_.deadlines.connect;
  Result<net::Stream> connected = destination_.unix_socket.empty()
                                      ? co_await net::Stream::connect(destination_.host, destination_.port, deadline)
                                      : co_await net::Stream::connect_unix(destination_.unix_socket, deadline);
  if (!connected) {
    failure_ = network_failure(connected.error());
    co_return Pause::kEnded;
  }
  if (is_closed_) {
    failure_ = own_reply(451, {4, 3, 2}, "this server is stopping");
    co_return Pause::kEnded;
  }
  stream_.emplace(std::move(*connected));
  options_.flavour = destination_.flavour;
  options_.helo_name = destination_.helo_name;
  options_.starttls = policy;
  options_.username = destination_.username;
  options_.password = destination_.password.copy();
  options_.may_auth_without_tls = destination_.may_auth_without_tls;
  if (destination_.tls == RouteTls::kImplicit) {
    // RFC 8314 §3.3: TLS comes before the greeting.
    if (!co_await secure()) co_return Pause::kTlsFailed;
  } else {
    session_.emplace(options_, std::nullopt);
  }
  reply_limit_ = destination_.deadlines.greeting;
  wait_at_most(reply_limit_);
  co_return co_await advance();
}

net::Task<bool> SmtpChannel::secure() {
  wait_at_most(destination_.deadlines.tls);
  auto facts = co_await stream_->connect_tls(*destination_.tls_context, destination_.host);
  if (!facts) {
    failure_ = own_reply(451, {4, 7, 5}, facts.error().text);
    co_return false;
  }
  // Rules R22: asked once more where it is used, so that no path through the TLS layer can leave it out.
  if (destination_.tls_context->verifies() && !stream_->peer_certificate().is_verified) {
    failure_ =
        own_reply(451, {4, 7, 5}, "the certificate is not trusted: " + stream_->peer_certificate().verification_text);
    co_return false;
  }
  if (session_)
    session_->secured(std::move(*facts));
  else
    session_.emplace(options_, std::move(*facts));
  reply_limit_ = destination_.deadlines.command;
  wait_at_most(reply_limit_);
  co_return true;
}

net::Task<SmtpChannel::Pause> SmtpChannel::advance() {
  while (true) {
    smtp::ClientStep step = session_->next();
    if (const auto* send = std::get_if<smtp::ClientSend>(&step)) {
      out_.append(send->octets);
      if (out_.size() >= kWriteSize) co_await write_out();
    } else if (std::holds_alternative<smtp::ClientNeedInput>(step)) {
      if (co_await write_out()) co_await read_in();
    } else if (std::holds_alternative<smtp::ClientStartTls>(step)) {
      if (co_await write_out() && !co_await secure()) co_return Pause::kTlsFailed;
    } else if (std::holds_alternative<smtp::ClientReady>(step)) {
      co_return Pause::kReady;
    } else if (std::holds_alternative<smtp::ClientNeedContent>(step)) {
      co_return Pause::kNeedsContent;
    } else if (const auto* done = std::get_if<smtp::ClientTransactionDone>(&step)) {
      outcome_ = done->outcome.per_recipient;
      co_return Pause::kDone;
    } else {
      const auto& closed = std::get<smtp::ClientClosed>(step);
      if (!is_lost_) failure_ = closed.reply ? *closed.reply : own_reply(451, {4, 4, 2}, closed.text);
      is_reusable_ = false;
      co_return Pause::kEnded;
    }
  }
}

net::Task<bool> SmtpChannel::write_out() {
  if (out_.empty()) co_return true;
  wait_at_most(destination_.deadlines.data_block);
  const auto written = co_await stream_->write_all(out_);
  out_.clear();
  if (!written) {
    lose(network_failure(written.error()));
    co_return false;
  }
  // Rules R6: the far end has this long for all the replies to what was written, however it cuts them.
  wait_at_most(reply_limit_);
  co_return true;
}

net::Task<> SmtpChannel::read_in() {
  in_.resize(kReadSize);
  const std::span<char> buffer(in_);
  const auto octets = co_await stream_->read_some(buffer);
  if (octets && *octets > 0) {
    has_heard_ = true;
    session_->feed(std::string_view(in_).substr(0, *octets));
  } else {
    lose(octets ? own_reply(451, {4, 4, 2}, "the far end closed the connection") : network_failure(octets.error()));
  }
}

// The session then says what that means: an outcome for an open transaction, and the end.
void SmtpChannel::lose(smtp::Reply reply) {
  failure_ = std::move(reply);
  is_lost_ = true;
  is_reusable_ = false;
  out_.clear();
  stream_->close();
  session_->connection_lost(as_transient(failure_, destination_.name));
}

void SmtpChannel::wait_at_most(std::chrono::milliseconds limit) { stream_->expires_at(steady_now() + limit); }

void SmtpChannel::feed_content(message::BodySource& body) {
  const auto piece = body.next();
  if (!piece) {
    // RFC 5321 §4.1.1.4: without the final dot the far end must not deliver; half a message must never look like a
    // whole one.
    lose(local_failure(piece.error()));
  } else if (piece->empty()) {
    session_->end_of_content();
    reply_limit_ = destination_.deadlines.data_end;
  } else {
    session_->content(*piece);
  }
}

net::Task<TransactionResult> SmtpChannel::deliver(Transaction transaction) {
  SEALPOST_ASSERT(is_reusable_, "a transaction needs an open channel");
  const std::size_t recipients = transaction.envelope->recipients.size();
  TransactionResult result;
  result.is_dsn_passed_on = session_->extensions().has_dsn;
  // RFC 2033 §4.2: the LMTP server's reply says that the mail is in its mailbox.
  result.is_final = destination_.flavour == smtp::Flavour::kLmtp;
  has_heard_ = false;
  session_->begin({.envelope = transaction.envelope, .size = transaction.size, .is_8bit = transaction.is_8bit});
  reply_limit_ = destination_.deadlines.command;
  bool has_begun_content = false;
  Pause pause = co_await advance();
  for (; pause == Pause::kNeedsContent; pause = co_await advance()) {
    has_begun_content = true;
    feed_content(*transaction.body);
  }
  if (pause == Pause::kDone)
    result.per_recipient = std::exchange(outcome_, {});
  else
    result.per_recipient.assign(recipients, as_transient(failure_, destination_.name));
  SEALPOST_ASSERT(result.per_recipient.size() == recipients, "every recipient has a final reply");
  // RFC 5321 §3.8: after 421 the far end closes the connection.
  const bool is_ending = std::ranges::any_of(result.per_recipient, [](const smtp::Reply& r) { return r.code == 421; });
  is_reusable_ = is_reusable_ && session_->is_open() && !is_ending;
  if (is_reusable_) co_return result;
  // Nothing was said about this transaction, as on a connection that the far end had closed while it was idle. Sending
  // again at once risks no more than sending again later.
  const bool is_settled =
      std::ranges::any_of(result.per_recipient, [](const smtp::Reply& r) { return !r.is_transient_failure(); });
  result.is_untouched = !is_settled && (!has_begun_content || !has_heard_);
  result.is_in_our_words = is_lost_;
  stream_->close();
  co_return result;
}

net::Task<> SmtpChannel::quit() {
  if (!is_reusable_) co_return;
  is_reusable_ = false;
  session_->quit();
  reply_limit_ = destination_.deadlines.quit;
  const Pause pause = co_await advance();
  if (pause == Pause::kEnded && stream_->is_open()) co_await stream_->shut_down();
  stream_->close();
}

void SmtpChannel::close() noexcept {
  is_closed_ = true;
  is_reusable_ = false;
  if (stream_) stream_->close();
}

}  // namespace sealpost::delivery
