// LoadWorker on level-triggered epoll(7) and non-blocking sockets. Time is read once per event; timers are looked at
// every 10 ms, which is finer than anything they decide.
#include "load_worker.h"

#include <array>
#include <cerrno>
#include <cstring>

#include <fmt/core.h>
#include <sys/epoll.h>
#include <unistd.h>

namespace sealpost::bench {
namespace {

using std::chrono::milliseconds;

constexpr int kEventsPerTurn = 256;
constexpr milliseconds kTick{10};
constexpr milliseconds kRetryDelay{50};
constexpr std::chrono::seconds kDrain{10};  // for messages under way when the window closes
constexpr std::size_t kOpeningMax = 64;     // with --idle, so that the opening is not a storm

SteadyTime::duration to_ticks(std::chrono::duration<double> duration) {
  return std::chrono::duration_cast<SteadyTime::duration>(duration);
}

std::uint64_t microseconds_between(SteadyTime from, SteadyTime to) {
  const auto count = std::chrono::duration_cast<std::chrono::microseconds>(to - from).count();
  return count < 0 ? 0 : static_cast<std::uint64_t>(count);
}

std::string_view queue_id_of(std::string_view reply) {
  constexpr std::string_view kBefore = "queued as ";
  const std::size_t at = reply.find(kBefore);
  if (at == std::string_view::npos) return "-";
  const std::string_view rest = reply.substr(at + kBefore.size());
  return rest.substr(0, rest.find_first_of(" \r\n"));
}

}  // namespace

LoadWorker::LoadWorker(const LoadSettings& settings, LoadRun& run, std::uint64_t run_id, std::uint32_t slots)
    : settings_(settings),
      run_(run),
      source_(run_id, settings.size_bytes, settings.from),
      tls_(settings.resumes),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      slots_(slots) {
  if (!epoll_) die(fmt::format("cannot make an event loop: {}", std::strerror(errno)));
}

bool LoadWorker::is_stopping() const { return run_.must_stop || now_ >= run_.measured_to; }

bool LoadWorker::may_send() { return !is_stopping(); }

std::uint64_t LoadWorker::append_message(std::string& output) {
  const std::uint64_t number = run_.messages_begun.fetch_add(1, std::memory_order_relaxed);
  source_.append_to(output, number);
  current_->is_end_of_data_sent = false;
  return number;
}

void LoadWorker::accepted(std::uint64_t message, std::string_view reply) {
  ++tally_.accepted_all;
  tally_.last_accepted = now_;
  run_.accepted_so_far.fetch_add(1, std::memory_order_relaxed);
  if (is_measured(now_)) {
    ++tally_.accepted;
    tally_.final_reply.add(microseconds_between(current_->end_of_data, now_));
  }
  if (run_.ledger >= 0) {
    ledger_lines_.append(source_.id_of(message)).append(" ").append(queue_id_of(reply)).append("\n");
  }
}

void LoadWorker::refused(std::string kind) {
  ++tally_.errors[std::move(kind)];
  ++run_.errors_so_far;
}

void LoadWorker::write_ledger() {
  if (ledger_lines_.empty()) return;
  const ssize_t written = write(run_.ledger, ledger_lines_.data(), ledger_lines_.size());
  if (written != static_cast<ssize_t>(ledger_lines_.size())) {
    die(fmt::format("cannot write the ledger: {}", std::strerror(errno)));
  }
  ledger_lines_.clear();
}

void LoadWorker::register_slot(Slot& slot, std::uint32_t events) {
  if (slot.channel->registered_events == events) return;
  epoll_event event{};
  event.events = events;
  event.data.u64 = static_cast<std::uint64_t>(&slot - slots_.data());
  const int operation = slot.channel->registered_events == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  if (epoll_ctl(epoll_.get(), operation, slot.channel->descriptor(), &event) != 0) {
    die(fmt::format("epoll_ctl failed: {}", std::strerror(errno)));
  }
  slot.channel->registered_events = events;
}

void LoadWorker::begin(Slot& slot) {
  const std::uint64_t number = run_.sessions_begun.fetch_add(1, std::memory_order_relaxed);
  if (is_stopping() || number >= run_.sessions_max) {
    slot.state = SlotState::kDone;
    ++done_;
    return;
  }
  Descriptor socket = begin_connect(settings_.host, settings_.port);
  slot.began = slot.progressed = now_;
  if (settings_.idle > 0) ++opening_;
  slot.state = SlotState::kConnecting;
  if (!socket) return broken(slot, fmt::format("connect: {}", std::strerror(errno)));
  slot.channel = std::make_unique<Channel>(std::move(socket));
  slot.session = std::make_unique<ClientSession>(settings_, *this, number);
  slot.is_handshake_counted = false;
  slot.is_ready_counted = false;
  register_slot(slot, EPOLLOUT);
}

void LoadWorker::run() {
  now_ = std::chrono::steady_clock::now();
  if (settings_.idle == 0) {
    for (Slot& slot : slots_) begin(slot);
  }
  std::array<epoll_event, kEventsPerTurn> ready{};
  while (done_ < slots_.size()) {
    const int count = epoll_wait(epoll_.get(), ready.data(), kEventsPerTurn, static_cast<int>(kTick.count()));
    for (int i = 0; i < count; ++i) {
      now_ = std::chrono::steady_clock::now();
      const epoll_event& event = ready[static_cast<std::size_t>(i)];
      handle(event.data.u64, event.events);
    }
    write_ledger();
    now_ = std::chrono::steady_clock::now();
    if (now_ >= next_tick_) {
      next_tick_ = now_ + kTick;
      tick();
    }
  }
}

void LoadWorker::handle(std::size_t index, std::uint32_t events) {
  Slot& slot = slots_[index];
  // An event of a connection that this turn has already closed.
  if (slot.state != SlotState::kConnecting && slot.state != SlotState::kOpen) return;
  slot.progressed = now_;
  if (slot.state == SlotState::kConnecting) {
    if (const int outcome = connect_outcome(slot.channel->descriptor()); outcome != 0) {
      return broken(slot, fmt::format("connect: {}", std::strerror(outcome)));
    }
    slot.state = SlotState::kOpen;
    if (settings_.tls == TlsMode::kImplicit)
      slot.channel->start_tls_as_client(tls_.context(), tls_.session_copy().get());
    return flush(slot);
  }
  Channel::Status status = Channel::Status::kOpen;
  if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) status = slot.channel->receive();
  note_handshake(slot);
  progress(slot);
  if (slot.session->is_over()) return end_session(slot);
  if (status == Channel::Status::kClosed) return broken(slot, "closed by server");
  if (status == Channel::Status::kFailed) return broken(slot, slot.channel->failure());
  flush(slot);
}

void LoadWorker::note_handshake(Slot& slot) {
  if (slot.is_handshake_counted || !slot.channel->is_secure()) return;
  slot.is_handshake_counted = true;
  ++tally_.handshakes;
  if (slot.channel->is_resumed()) ++tally_.resumed;
  slot.session->secured(slot.channel->output);
}

void LoadWorker::progress(Slot& slot) {
  current_ = &slot;
  slot.session->advance(slot.channel->input, slot.channel->output);
  current_ = nullptr;
  if (slot.session->wants_tls() && !slot.channel->is_handshaking() && !slot.channel->is_secure()) {
    slot.channel->start_tls_as_client(tls_.context(), tls_.session_copy().get());
  }
  if (slot.session->is_ready() && !slot.is_ready_counted) {
    slot.is_ready_counted = true;
    ++tally_.idle_ready;
    ++run_.idle_ready;
    --opening_;
  }
}

void LoadWorker::flush(Slot& slot) {
  if (slot.channel->flush() == Channel::Status::kFailed) return broken(slot, slot.channel->failure());
  const bool has_unsent = slot.channel->has_unsent();
  if (!has_unsent && slot.session->awaits_final() && !slot.is_end_of_data_sent) {
    slot.is_end_of_data_sent = true;
    slot.end_of_data = now_;
  }
  register_slot(slot, std::uint32_t{EPOLLIN} | (has_unsent ? std::uint32_t{EPOLLOUT} : 0U));
}

void LoadWorker::close_slot(Slot& slot) {
  if (settings_.idle > 0 && !slot.is_ready_counted && slot.state != SlotState::kRetrying) --opening_;
  if (slot.channel) slot.channel->close_politely();
  slot.channel.reset();
  slot.session.reset();
}

void LoadWorker::end_session(Slot& slot) {
  // A session that ended before QUIT was answered has been counted as refused.
  const bool was_refused = slot.session->is_in_transaction() || slot.session->sent() == 0;
  if (!was_refused) {
    ++tally_.sessions;
    if (is_measured(now_)) tally_.session.add(microseconds_between(slot.began, now_));
  }
  close_slot(slot);
  next_or_done(slot, was_refused);
}

void LoadWorker::broken(Slot& slot, std::string kind) {
  refused(std::move(kind));
  if (slot.is_ready_counted) ++tally_.idle_lost;
  close_slot(slot);
  next_or_done(slot, true);
}

void LoadWorker::next_or_done(Slot& slot, bool was_broken) {
  if (!was_broken) return begin(slot);
  if (settings_.reconnects && !is_stopping()) {
    slot.state = SlotState::kRetrying;
    slot.retry_at = now_ + kRetryDelay;
  } else {
    slot.state = SlotState::kDone;
    ++done_;
  }
}

void LoadWorker::tick() {
  const bool must_abandon = run_.must_stop || (settings_.has_window() && now_ >= run_.measured_to + kDrain);
  for (Slot& slot : slots_) {
    const bool is_live = slot.state == SlotState::kConnecting || slot.state == SlotState::kOpen;
    if (slot.state == SlotState::kRetrying && (now_ >= slot.retry_at || is_stopping())) {
      begin(slot);
    } else if (is_live && must_abandon) {
      if (settings_.idle == 0 && !run_.must_stop) refused("unfinished");
      close_slot(slot);
      slot.state = SlotState::kDone;
      ++done_;
    } else if (is_live && settings_.idle == 0 && now_ - slot.progressed > to_ticks(settings_.timeout)) {
      broken(slot, "timeout");
    }
  }
  if (settings_.idle > 0) tick_idle();
}

void LoadWorker::tick_idle() {
  bool has_unused = false;
  for (Slot& slot : slots_) {
    if (slot.state != SlotState::kUnused) continue;
    has_unused = true;
    if (opening_ >= kOpeningMax) break;
    begin(slot);
  }
  if (has_unused || opening_ > 0) return;
  if (hold_until_ == SteadyTime{}) hold_until_ = now_ + to_ticks(settings_.hold);
  if (now_ >= hold_until_) run_.must_stop = true;
}

}  // namespace sealpost::bench
