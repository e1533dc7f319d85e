// Descriptor: a file descriptor that is closed when it goes out of scope. For short, blocking work; streams of net/
// have their own.
#pragma once
#include <unistd.h>

namespace sealpost {

class Descriptor {
 public:
  /// Takes what open(2) or socket(2) returned, a failure as well.
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  bool is_open() const { return fd_ >= 0; }
  int get() const { return fd_; }

 private:
  int fd_;
};

}  // namespace sealpost
