// Descriptors and TCP sockets for the benchmark programs: owned, non-blocking, loopback-friendly.
// Follows Linux socket(7), tcp(7). Never resolves names: addresses are numeric.
#pragma once
#include <cstdint>
#include <string>
#include <utility>

namespace sealpost::bench {

/// Owns one file descriptor.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor() { reset(); }

  int get() const { return number_; }
  int release() { return std::exchange(number_, -1); }
  explicit operator bool() const { return number_ >= 0; }
  void reset();

 private:
  int number_ = -1;
};

/// A non-blocking listening socket; ends the program with a sentence when the address cannot be had.
Descriptor listen_on(const std::string& host, std::uint16_t port);
/// The port the kernel chose for `--port 0`.
std::uint16_t local_port(int listener);
/// Begins a non-blocking connect; an empty Descriptor and errno when that fails at once.
Descriptor begin_connect(const std::string& host, std::uint16_t port);
/// The outcome of a connect that has become writable: 0 or an errno.
int connect_outcome(int socket);
/// One pending connection, non-blocking and without Nagle's delay; empty when there is none.
Descriptor accept_from(int listener);
/// Raises the soft limit of open files to the hard one and returns it.
std::uint64_t raise_descriptor_limit();
/// Prints one sentence to stderr and exits with status 1.
[[noreturn]] void die(const std::string& sentence);

}  // namespace sealpost::bench
