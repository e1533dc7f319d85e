// DeadlineKeeper: ends the waits of one io_context whose time is over. Setting a deadline is a store; no system call,
// no timer of its own. While anybody waits, the keeper looks at all waits about four times a second, so a deadline is
// kept to 250 ms. Never keeps an io_context running: it counts as work only together with the operations it watches.
#pragma once
#include <chrono>
#include <cstddef>

#include <boost/asio/steady_timer.hpp>
#include <boost/intrusive/list.hpp>

#include "base/clock.h"
#include "net/task.h"

namespace sealpost::net {

inline constexpr std::chrono::milliseconds kDeadlinePrecision{250};

class DeadlineKeeper final : public asio::io_context::service {
 public:
  using key_type = DeadlineKeeper;
  static inline asio::execution_context::id id;
  explicit DeadlineKeeper(asio::io_context& context);
  ~DeadlineKeeper() override;
  static DeadlineKeeper& of(asio::io_context& context) { return asio::use_service<DeadlineKeeper>(context); }

  /// One waiting operation, from construction to destruction. When `*deadline` has passed, `cancel(object)` is called
  /// once, from a sweep; it must make the operation end later, not at once.
  class Wait : public boost::intrusive::list_base_hook<> {
   public:
    using Cancel = void (*)(void* object) noexcept;
    Wait(DeadlineKeeper& keeper, const SteadyTime& deadline, Cancel cancel, void* object);
    ~Wait();
    Wait(const Wait&) = delete;
    Wait& operator=(const Wait&) = delete;
    bool is_expired() const { return is_expired_; }

   private:
    friend class DeadlineKeeper;
    DeadlineKeeper& keeper_;
    const SteadyTime& deadline_;
    Cancel cancel_;
    void* object_;
    bool is_expired_ = false;
  };

  /// Cancels every wait whose deadline is not after `now`; the timer calls this, and tests do with a time of their own.
  void sweep(SteadyTime now);
  std::size_t waiting() const { return waits_.size(); }

 private:
  void shutdown() override;
  void add(Wait& wait);
  void remove(Wait& wait);
  void arm_timer();
  void timer_fired();

  asio::io_context& context_;
  asio::steady_timer timer_;
  boost::intrusive::list<Wait> waits_;
  bool is_timer_pending_ = false;
  bool is_shut_down_ = false;
};

}  // namespace sealpost::net
