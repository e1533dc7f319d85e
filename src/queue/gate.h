// Gate: where tasks of one executor wait until somebody opens it. Whoever passes looks again at what it waited for.
// Never: used from two threads.
#pragma once
#include <algorithm>
#include <vector>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>

#include "net/task.h"

namespace sealpost::queue {

class Gate {
 public:
  explicit Gate(net::asio::io_context& context) : context_(context) {}

  net::Task<> wait() {
    net::asio::steady_timer never(context_, net::asio::steady_timer::time_point::max());
    waiting_.push_back(&never);
    net::error_code ignored;  // open() cancels the timer: that is the news
    co_await never.async_wait(net::asio::redirect_error(net::use_task, ignored));
  }

  void open() {
    for (net::asio::steady_timer* timer : waiting_) timer->cancel();
    waiting_.clear();
  }

 private:
  net::asio::io_context& context_;
  std::vector<net::asio::steady_timer*> waiting_;  // each lives in the frame of a task that waits
};

}  // namespace sealpost::queue
