// Threads around io_contexts.
#include "net/io_threads.h"

#include <optional>
#include <thread>
#include <utility>

#include <boost/asio/executor_work_guard.hpp>
#include <fmt/format.h>
#include <pthread.h>
#include <signal.h>

namespace sealpost::net {

struct IoThreads::Worker {
  // Hint 1: one thread runs it, so a handler that posts needs no wake-up. Posting from other threads stays safe.
  asio::io_context context{1};
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> guard{context.get_executor()};
  std::thread thread;
};

IoThreads::IoThreads(std::size_t count, std::string name) : name_(std::move(name)) {
  for (std::size_t i = 0; i < count; ++i) workers_.push_back(std::make_unique<Worker>());
}

IoThreads::~IoThreads() {
  stop();
  join();
}

void IoThreads::start() {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    Worker& worker = *workers_[i];
    // Exceptions do not come this far: a TaskGroup contains those of its tasks. One that does ends the process.
    worker.thread = std::thread([&worker]() noexcept { worker.context.run(); });
    pthread_setname_np(worker.thread.native_handle(), fmt::format("{:.12}-{}", name_, i).substr(0, 15).c_str());
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void IoThreads::stop() {
  for (const auto& worker : workers_) worker->context.stop();
}

void IoThreads::finish() {
  for (const auto& worker : workers_) worker->guard.reset();
}

void IoThreads::join() {
  for (const auto& worker : workers_) {
    if (worker->thread.joinable()) worker->thread.join();
  }
}

asio::io_context& IoThreads::context(std::size_t at) { return workers_.at(at)->context; }

std::vector<asio::io_context*> IoThreads::contexts() {
  std::vector<asio::io_context*> contexts;
  contexts.reserve(workers_.size());
  for (const auto& worker : workers_) contexts.push_back(&worker->context);
  return contexts;
}

}  // namespace sealpost::net
