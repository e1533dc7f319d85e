// The loops of the ceiling and the sink, on level-triggered epoll(7), eventfd(2) and signalfd(2). Nothing here waits
// for storage: a Service that must wait answers later, from its own thread.
#include "server_loop.h"

#include <array>
#include <cerrno>
#include <cstring>

#include <fmt/core.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace sealpost::bench {
namespace {

constexpr int kEventsPerTurn = 256;

void wake(int event_descriptor) {
  const std::uint64_t one = 1;
  // The counter cannot overflow in practice, and a full one wakes as well.
  static_cast<void>(!write(event_descriptor, &one, sizeof one));
}

void register_events(int epoll, int operation, int descriptor, std::uint64_t id, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = id;
  if (epoll_ctl(epoll, operation, descriptor, &event) != 0) {
    die(fmt::format("epoll_ctl failed: {}", std::strerror(errno)));
  }
}

}  // namespace

ServerLoop::ServerLoop(std::size_t number, SSL_CTX* context, TlsMode tls, Service& service)
    : number_(number),
      context_(context),
      tls_(tls),
      service_(service),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      wake_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (!epoll_ || !wake_) die(fmt::format("cannot make an event loop: {}", std::strerror(errno)));
  register_events(epoll_.get(), EPOLL_CTL_ADD, wake_.get(), 0, EPOLLIN);
  thread_ = std::thread([this] { run(); });
}

ServerLoop::~ServerLoop() {
  stop();
  join();
}

void ServerLoop::join() {
  if (thread_.joinable()) thread_.join();
}

void ServerLoop::stop() {
  is_stopping_ = true;
  wake(wake_.get());
}

void ServerLoop::adopt(Descriptor connection) {
  {
    const std::lock_guard lock(mutex_);
    adopted_.push_back(std::move(connection));
  }
  wake(wake_.get());
}

void ServerLoop::answer(std::vector<std::pair<std::uint64_t, std::string>> answers) {
  {
    const std::lock_guard lock(mutex_);
    if (answers_.empty()) {
      answers_ = std::move(answers);
    } else {
      std::move(answers.begin(), answers.end(), std::back_inserter(answers_));
    }
  }
  wake(wake_.get());
}

int ServerLoop::wait_milliseconds() const {
  if (delayed_.empty()) return -1;
  const auto left = delayed_.top().due - std::chrono::steady_clock::now();
  const auto whole = std::chrono::ceil<std::chrono::milliseconds>(left).count();
  return whole < 0 ? 0 : static_cast<int>(whole);
}

void ServerLoop::run() {
  std::array<epoll_event, kEventsPerTurn> ready{};
  while (!is_stopping_) {
    const int count = epoll_wait(epoll_.get(), ready.data(), kEventsPerTurn, wait_milliseconds());
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = ready[static_cast<std::size_t>(i)];
      const std::uint64_t id = event.data.u64;  // a copy: epoll_event is packed, its members may be misaligned
      if (id == 0) {
        handle_inbox();
      } else if (const auto found = connections_.find(id); found != connections_.end()) {
        handle_ready(*found->second, event.events);
      }
    }
    handle_delayed();
  }
}

void ServerLoop::handle_inbox() {
  std::uint64_t ignored = 0;
  static_cast<void>(!read(wake_.get(), &ignored, sizeof ignored));
  std::vector<Descriptor> adopted;
  std::vector<std::pair<std::uint64_t, std::string>> answers;
  {
    const std::lock_guard lock(mutex_);
    adopted.swap(adopted_);
    answers.swap(answers_);
  }
  for (Descriptor& socket : adopted) {
    service_.count_connection();
    const std::uint64_t id = next_id_++;
    auto connection = std::make_unique<Connection>(id, std::move(socket), tls_ == TlsMode::kStartTls);
    if (tls_ == TlsMode::kImplicit) connection->channel.start_tls_as_server(context_);
    register_events(epoll_.get(), EPOLL_CTL_ADD, connection->channel.descriptor(), id, EPOLLIN);
    connection->channel.registered_events = EPOLLIN;
    Connection& kept = *connections_.emplace(id, std::move(connection)).first->second;
    greet_if_due(kept);
    settle(kept);
  }
  for (const auto& [id, reply] : answers) finish(id, reply);
}

void ServerLoop::handle_delayed() {
  while (!delayed_.empty() && delayed_.top().due <= std::chrono::steady_clock::now()) {
    const Delayed due = delayed_.top();
    delayed_.pop();
    finish(due.connection, due.reply);
  }
}

void ServerLoop::finish(std::uint64_t id, const std::string& reply) {
  const auto found = connections_.find(id);
  if (found == connections_.end()) return;
  Connection& connection = *found->second;
  connection.awaits_answer = false;
  connection.session.finish_message(reply, connection.channel.output);
  drive(connection);
  settle(connection);
}

void ServerLoop::greet_if_due(Connection& connection) {
  if (connection.is_greeted || (tls_ == TlsMode::kImplicit && !connection.channel.is_secure())) return;
  connection.is_greeted = true;
  connection.session.greet(connection.channel.output);
}

void ServerLoop::handle_ready(Connection& connection, std::uint32_t events) {
  if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) {
    const Channel::Status status = connection.channel.receive();
    greet_if_due(connection);
    if (status == Channel::Status::kFailed) return drop(connection);
    if (!connection.awaits_answer) drive(connection);
    if (status == Channel::Status::kClosed) connection.is_closing = true;
  }
  settle(connection);
}

void ServerLoop::drive(Connection& connection) {
  PermissiveSession& session = connection.session;
  Channel& channel = connection.channel;
  while (!connection.is_closing) {
    switch (session.advance(channel.input, channel.output)) {
      case PermissiveSession::Event::kNeedInput:
        return;
      case PermissiveSession::Event::kRecipient: {
        const std::string refusal = service_.refuse_recipient();
        refusal.empty() ? session.accept_recipient(channel.output) : session.refuse_recipient(refusal, channel.output);
        break;
      }
      case PermissiveSession::Event::kMessage: {
        Answer answer = service_.take_message(Token{number_, connection.id}, session);
        if (answer.is_later || answer.delay.count() > 0) {
          connection.awaits_answer = true;
          if (!answer.is_later) {
            delayed_.push({std::chrono::steady_clock::now() + answer.delay, connection.id, std::move(answer.reply)});
          }
          return;
        }
        session.finish_message(answer.reply, channel.output);
        break;
      }
      case PermissiveSession::Event::kStartTls:
        // RFC 3207 §4: STARTTLS is the last of its group; bytes behind it would be an injection.
        if (!channel.input.empty()) {
          connection.is_closing = true;
          return;
        }
        channel.start_tls_as_server(context_);
        session.secured();
        return;
      case PermissiveSession::Event::kClose:
        connection.is_closing = true;
        break;
    }
  }
}

void ServerLoop::settle(Connection& connection) {
  if (connection.channel.flush() == Channel::Status::kFailed) return drop(connection);
  const bool has_unsent = connection.channel.has_unsent();
  if (connection.is_closing && !has_unsent) {
    connection.channel.close_politely();
    connections_.erase(connection.id);
    return;
  }
  // While an answer is outstanding nothing is read: the socket's window is the back-pressure.
  std::uint32_t wanted = connection.awaits_answer || connection.is_closing ? 0U : std::uint32_t{EPOLLIN};
  if (has_unsent) wanted |= std::uint32_t{EPOLLOUT};
  // Re-registering costs two system calls per message, so a waiting connection stays registered until it really talks.
  if (connection.awaits_answer && connection.channel.input.empty()) wanted |= std::uint32_t{EPOLLIN};
  if (wanted != connection.channel.registered_events) {
    register_events(epoll_.get(), EPOLL_CTL_MOD, connection.channel.descriptor(), connection.id, wanted);
    connection.channel.registered_events = wanted;
  }
}

void ServerLoop::drop(Connection& connection) { connections_.erase(connection.id); }

ServerGroup::ServerGroup(const ServerSettings& settings, Service& service)
    : listener_(listen_on(settings.host, settings.port)) {
  raise_descriptor_limit();
  // Signals are taken by the accepting thread alone; the loops inherit the mask.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  if (settings.tls != TlsMode::kNone) context_ = server_context(settings.certificate_file, settings.key_file);
  for (unsigned i = 0; i < settings.threads; ++i) {
    loops_.push_back(std::make_unique<ServerLoop>(i, context_.get(), settings.tls, service));
  }
}

void ServerGroup::run_until_signal() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  const Descriptor signal(signalfd(-1, &signals, SFD_CLOEXEC));
  std::array<pollfd, 2> watched{pollfd{listener_.get(), POLLIN, 0}, pollfd{signal.get(), POLLIN, 0}};
  std::size_t next = 0;
  for (;;) {
    if (poll(watched.data(), watched.size(), -1) < 0) continue;
    if (watched[1].revents != 0) break;
    for (Descriptor connection = accept_from(listener_.get()); connection; connection = accept_from(listener_.get())) {
      loops_[next++ % loops_.size()]->adopt(std::move(connection));
    }
  }
  for (auto& loop : loops_) loop->stop();
  for (auto& loop : loops_) loop->join();
}

}  // namespace sealpost::bench
