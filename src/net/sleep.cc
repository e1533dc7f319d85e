// A timer of Asio's as a task.
#include "net/sleep.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

namespace sealpost::net {

Task<> sleep_until(SteadyTime time) {
  const auto executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(executor.context(), time);
  error_code ignored;  // nobody else can reach the timer to cancel it
  co_await timer.async_wait(asio::redirect_error(use_task, ignored));
}

}  // namespace sealpost::net
