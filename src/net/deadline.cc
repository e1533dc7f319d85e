// The sweep, and how its timer avoids to be the last thing that keeps an io_context running: while nobody waits, its
// share of the outstanding work is taken back.
#include "net/deadline.h"

namespace sealpost::net {

DeadlineKeeper::DeadlineKeeper(asio::io_context& context) : service(context), context_(context), timer_(context) {}

DeadlineKeeper::~DeadlineKeeper() = default;

DeadlineKeeper::Wait::Wait(DeadlineKeeper& keeper, const SteadyTime& deadline, Cancel cancel, void* object)
    : keeper_(keeper), deadline_(deadline), cancel_(cancel), object_(object) {
  keeper_.add(*this);
}

DeadlineKeeper::Wait::~Wait() { keeper_.remove(*this); }

void DeadlineKeeper::add(Wait& wait) {
  const bool was_empty = waits_.empty();
  waits_.push_back(wait);
  if (!was_empty || is_shut_down_) return;
  if (is_timer_pending_) {
    context_.get_executor().on_work_started();
  } else {
    arm_timer();
  }
}

void DeadlineKeeper::remove(Wait& wait) {
  waits_.erase(waits_.iterator_to(wait));
  if (waits_.empty() && is_timer_pending_ && !is_shut_down_) context_.get_executor().on_work_finished();
}

void DeadlineKeeper::arm_timer() {
  is_timer_pending_ = true;
  timer_.expires_after(kDeadlinePrecision);
  timer_.async_wait([this](error_code) { timer_fired(); });
}

void DeadlineKeeper::timer_fired() {
  is_timer_pending_ = false;
  if (waits_.empty()) {
    // Asio takes one unit of work back after this handler; it was taken when the last wait ended.
    context_.get_executor().on_work_started();
    return;
  }
  sweep(steady_now());
  arm_timer();
}

void DeadlineKeeper::sweep(SteadyTime now) {
  for (Wait& wait : waits_) {
    if (wait.is_expired_ || wait.deadline_ > now) continue;
    wait.is_expired_ = true;
    wait.cancel_(wait.object_);
  }
}

void DeadlineKeeper::shutdown() { is_shut_down_ = true; }

}  // namespace sealpost::net
