// IoThreads: a number of io_contexts, each with one thread of its own. A connection lives on one of them and shares
// nothing with the others. The threads block all signals: those are the main thread's business.
#pragma once
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "net/task.h"

namespace sealpost::net {

class IoThreads {
 public:
  /// `name` is shown by ps and top, with a number behind it; at most 12 characters.
  IoThreads(std::size_t count, std::string name);
  /// Stops and joins; what still waits in the contexts is destroyed with them.
  ~IoThreads();
  IoThreads(const IoThreads&) = delete;
  IoThreads& operator=(const IoThreads&) = delete;

  /// Starts the threads. They run until stop(), with or without work.
  void start();
  /// From any thread: lets every context return as soon as its current handler is done. Tasks that are still alive are
  /// not resumed again.
  void stop();
  void join();
  /// For an orderly end: the threads return when their contexts have nothing left to do. join() waits for that.
  void finish();

  std::size_t size() const { return workers_.size(); }
  asio::io_context& context(std::size_t at);
  std::vector<asio::io_context*> contexts();

 private:
  struct Worker;
  std::string name_;
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace sealpost::net
