// Starting, counting and joining tasks.
#include "net/task_group.h"

#include <exception>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>

#include "base/assert.h"
#include "observe/events.h"
#include "observe/log.h"

namespace sealpost::net {

/// One task's place in the count. It lives in the task's frame, so it is given back however the frame ends: by
/// returning, by an exception, or destroyed with its io_context before it ever ran.
class TaskGroup::Membership {
 public:
  explicit Membership(TaskGroup& group) : group_(&group) { ++group.live_; }
  Membership(Membership&& other) noexcept : group_(std::exchange(other.group_, nullptr)) {}
  Membership(const Membership&) = delete;
  Membership& operator=(const Membership&) = delete;
  ~Membership() {
    if (group_ != nullptr) group_->ended();
  }

 private:
  TaskGroup* group_;
};

TaskGroup::TaskGroup(asio::io_context& context) : context_(context) {}

TaskGroup::~TaskGroup() { SEALPOST_ASSERT(live_ == 0, "a task outlives its group"); }

Task<> TaskGroup::run(Membership membership, const char* name, Task<> task) {
  const Membership keep = std::move(membership);
  try {
    co_await std::move(task);
  } catch (const std::exception& exception) {
    observe::log(observe::Level::kError, observe::events::kTaskFailed, {{"task", name}, {"reason", exception.what()}});
  }
}

void TaskGroup::start(Membership membership, const char* name, Task<> task) {
  asio::co_spawn(context_, run(std::move(membership), name, std::move(task)), asio::detached);
}

void TaskGroup::spawn(const char* name, Task<> task) { start(Membership(*this), name, std::move(task)); }

void TaskGroup::spawn_from_any_thread(const char* name, Task<> task) {
  asio::post(context_, [this, membership = Membership(*this), name, task = std::move(task)]() mutable {
    start(std::move(membership), name, std::move(task));
  });
}

Task<> TaskGroup::join() {
  SEALPOST_ASSERT(waiter_ == nullptr, "two tasks join one group");
  while (live_ > 0) {
    asio::steady_timer waiter(context_, asio::steady_timer::time_point::max());
    waiter_ = &waiter;
    error_code ignored;  // ended() cancels the timer: that is the news
    co_await waiter.async_wait(asio::redirect_error(use_task, ignored));
    waiter_ = nullptr;
  }
}

void TaskGroup::ended() noexcept {
  if (--live_ == 0 && waiter_ != nullptr) waiter_->cancel();
}

}  // namespace sealpost::net
