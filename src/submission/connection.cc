// The only server coroutine: one `co_await` per kind of step and no protocol knowledge.
#include "submission/connection.h"

#include <algorithm>
#include <utility>

#include "observe/events.h"
#include "observe/log.h"
#include "smtp/reply_catalogue.h"

namespace sealpost::submission {

namespace replies = smtp::catalogue;
namespace events = observe::events;
using observe::Level;

namespace {

constexpr std::size_t kLoggedCommandMax = 200;
constexpr std::chrono::seconds kFarewell{5};  // for the last reply and close_notify

const char* describe(smtp::CloseReason reason) {
  switch (reason) {
    case smtp::CloseReason::kQuit:
      return "quit";
    case smtp::CloseReason::kTooManyErrors:
      return "too many errors";
    case smtp::CloseReason::kTlsHandshake:
      return "the client began a TLS handshake where SMTP begins in plain text: it should use STARTTLS, or port 465";
    case smtp::CloseReason::kForbidden:
      return "the client does not speak SMTP here";
    case smtp::CloseReason::kFramingError:
      return "a line that did not end in CRLF";
    case smtp::CloseReason::kInjection:
      return "plaintext behind STARTTLS";
    case smtp::CloseReason::kShutdown:
      return "the server said 421";
  }
  return "unknown";
}

}  // namespace

Connection::Connection(net::Stream stream, const ListenerOptions& listener, const Limits& limits,
                       const Services& services, std::string id)
    : stream_(std::move(stream)),
      listener_(listener),
      limits_(limits),
      id_(std::move(id)),
      peer_(stream_.peer()),
      decider_(listener, services, id_, peer_.ip) {}

net::Task<> Connection::run() {
  observe::log(Level::kDebug, events::kConnected, {{"session", id_}, {"peer", peer_.ip}, {"listener", listener_.name}});
  if (listener_.session.service == smtp::Service::kSubmissions) {
    if (!co_await begin_tls()) co_return;
  } else {
    session_.emplace(listener_.session, std::optional<TlsFacts>(), true, watcher());
  }
  expires_at(steady_now() + limits_.command);
  if (is_draining_) session_->shut_down(replies::shutting_down());
  for (Flow flow = Flow::kGoOn; flow == Flow::kGoOn;) {
    smtp::ServerStep step = session_->next();
    // Most steps need no waiting; a coroutine for each of them would be the dearest part of a transaction.
    if (!perform_at_once(step)) flow = co_await perform(std::move(step));
  }
  log_closed();
  if (stream_.is_open()) co_await stream_.shut_down();
}

net::Task<bool> Connection::begin_tls() {
  expires_at(steady_now() + limits_.handshake);
  auto facts = co_await stream_.accept_tls(*listener_.tls);
  if (!facts) {
    observe::log(Level::kWarning, events::kTlsFailed,
                 {{"session", id_}, {"peer", peer_.ip}, {"listener", listener_.name}, {"reason", facts.error().text}});
    co_return false;
  }
  const TlsFacts::Values& tls = facts->values();
  observe::log(Level::kInfo, events::kTls,
               {{"session", id_},
                {"peer", peer_.ip},
                {"version", tls.version},
                {"cipher", tls.cipher},
                {"group", tls.group},
                {"is_resumed", tls.is_resumed}});
  // RFC 3207 §4.2: after STARTTLS there is no second greeting; with TLS from the first byte there was none yet.
  const bool greets = !session_.has_value();
  session_.emplace(listener_.session, std::optional<TlsFacts>(std::move(*facts)), greets, watcher());
  co_return true;
}

net::Task<Connection::Flow> Connection::start_tls() {
  // Design rule R2: nothing of the plaintext session survives; read_more() holds no octets either, the session made
  // sure of it.
  buffer_.release();
  if (!co_await begin_tls()) {
    close_reason_ = "the TLS handshake failed";
    stream_.close();
    co_return Flow::kEnd;
  }
  expires_at(steady_now() + limits_.command);
  co_return Flow::kGoOn;
}

bool Connection::perform_at_once(const smtp::ServerStep& step) {
  if (const auto* content = std::get_if<smtp::Content>(&step)) {
    extend_content_deadline(content->octets.size());
    if (auto refusal = decider_.keep(content->octets)) session_->refuse_content(std::move(*refusal));
  } else if (const auto* sender = std::get_if<smtp::AskSender>(&step)) {
    session_->answer(decider_.sender(*sender));
  } else if (const auto* recipient = std::get_if<smtp::AskRecipient>(&step)) {
    session_->answer(decider_.recipient(*recipient, *session_));
  } else if (const auto* content_ask = std::get_if<smtp::AskContent>(&step)) {
    content_deadline_ = steady_now() + limits_.content;
    session_->answer(decider_.content(*content_ask, *session_));
  } else if (std::holds_alternative<smtp::Abandon>(step)) {
    decider_.abandon();
  } else {
    return false;
  }
  return true;
}

net::Task<Connection::Flow> Connection::perform(smtp::ServerStep step) {
  if (std::holds_alternative<smtp::NeedInput>(step)) co_return co_await read_more();
  if (const auto* send = std::get_if<smtp::Send>(&step)) co_return co_await write(send->octets);
  if (std::holds_alternative<smtp::StartTls>(step)) co_return co_await start_tls();
  if (const auto* close = std::get_if<smtp::Close>(&step)) {
    close_reason_ = describe(close->reason);
    co_return Flow::kEnd;
  }
  if (auto* accept = std::get_if<smtp::AskAccept>(&step)) {
    auto answer = co_await decider_.accept(*accept);
    session_->answer(std::move(answer));
  } else if (auto* verify = std::get_if<smtp::AskVerify>(&step)) {
    auto answer = co_await decider_.verify(*verify);
    session_->answer(std::move(answer));
  }
  co_return Flow::kGoOn;
}

net::Task<Connection::Flow> Connection::write(std::string_view octets) {
  auto written = co_await stream_.write_all(octets);
  if (written) co_return Flow::kGoOn;
  close_reason_ = "the client stopped reading";
  // When these were the last words anyway, why they were said is the better reason.
  smtp::ServerStep after = session_->next();
  if (const auto* close = std::get_if<smtp::Close>(&after)) close_reason_ = describe(close->reason);
  co_return Flow::kEnd;
}

net::Task<Connection::Flow> Connection::read_more() {
  if (is_draining_ && session_->is_idle()) {
    session_->shut_down(replies::shutting_down());
    co_return Flow::kGoOn;
  }
  // Design rule R6: the deadline counts per command, not per read; content extends it by what arrives.
  const bool in_content = session_->is_receiving_content();
  if (in_content) {
    expires_at(content_deadline_);
  } else if (!is_in_command_) {
    is_in_command_ = true;
    expires_at(steady_now() + limits_.command);
  }
  buffer_.release();
  is_waiting_for_input_ = true;
  auto readable = co_await stream_.wait_readable();
  is_waiting_for_input_ = false;
  if (!readable) co_return give_up(readable.error());
  if (is_draining_ && session_->is_idle()) co_return Flow::kGoOn;  // drain() woke us; the next call says 421
  // What comes drop by drop keeps the wait above from timing out; a read behind the deadline would close without a
  // word.
  if (steady_now() >= deadline_) co_return give_up({Fault::kTimeout, "timed out waiting for the client"});

  const std::span<char> room = buffer_.acquire();
  auto size = co_await stream_.read_some(room);
  if (!size) co_return give_up(size.error());
  if (*size == 0) co_return Flow::kEnd;
  session_->feed({room.data(), *size});
  co_return Flow::kGoOn;
}

Connection::Flow Connection::give_up(const Error& error) {
  if (error.fault != Fault::kTimeout) {
    close_reason_ = "the connection broke";
    return Flow::kEnd;
  }
  close_reason_ = is_draining_ ? "the server stopped" : "the client was too slow";
  if (!stream_.is_open()) return Flow::kEnd;
  // RFC 5321 §4.5.3.2.7: a server that hangs up says so first.
  stream_.expires_at(steady_now() + kFarewell);
  session_->shut_down(is_draining_ ? replies::shutting_down() : replies::timeout());
  return Flow::kGoOn;
}

void Connection::extend_content_deadline(std::size_t octets) {
  const std::uint64_t milliseconds = std::uint64_t{octets} * 1000 / limits_.content_rate_min.count;
  content_deadline_ += std::chrono::milliseconds(milliseconds);
}

void Connection::expires_at(SteadyTime deadline) {
  deadline_ = std::min(deadline, drain_deadline_);
  stream_.expires_at(deadline_);
}

void Connection::drain(SteadyTime deadline) {
  is_draining_ = true;
  drain_deadline_ = deadline;
  expires_at(deadline);
  if (is_waiting_for_input_ && session_ && session_->is_idle()) stream_.interrupt();
}

void Connection::command(std::string_view line) {
  is_in_command_ = false;
  last_command_.assign(line.substr(0, kLoggedCommandMax));
}

void Connection::reply(const smtp::Reply& reply) {
  if (reply.code < 400) return;
  observe::log(Level::kInfo, events::kRejected,
               {{"session", id_}, {"peer", peer_.ip}, {"command", last_command_}, {"reply", reply.to_line()}});
}

void Connection::log_closed() {
  observe::log(Level::kInfo, events::kClosed, {{"session", id_}, {"peer", peer_.ip}, {"reason", close_reason_}});
}

}  // namespace sealpost::submission
