// Result<T>: the answer of an operation in which the world may fail (a file, a socket, a store, a configuration).
// What a peer did wrong is a smtp::Reply instead, and what we did wrong is SEALPOST_ASSERT; the three are never mixed.
#pragma once
#include <cerrno>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace sealpost {

/// Whose fault a failure is; decides the exit status, the reply code and whether a retry makes sense.
enum class Fault {
  kConfiguration,  // the operator's file or command line; the text names file and line
  kResource,       // disk full, descriptors, memory: passes by itself or by the operator's hand
  kNetwork,        // refused, reset, unreachable
  kTimeout,        // a deadline passed
  kPeer,           // the other side broke the protocol
  kCorruption,     // stored bytes are not what was written
  kNotFound,       // what was asked for is not there
  kInternal,       // a library failed in a way that has no better name
};

/// A failure as a tired operator wants it: what failed, on which object, and where possible what to do.
struct [[nodiscard]] Error {
  Fault fault = Fault::kInternal;
  std::string text;  // one line, no trailing full stop

  /// The same failure seen from further out: "prefix: text".
  Error in(std::string_view prefix) && {
    text.insert(0, ": ").insert(0, prefix);
    return std::move(*this);
  }
};

template <class T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(Fault fault, std::string text) {
  return std::unexpected(Error{fault, std::move(text)});
}

/// A failed system call: "what: strerror(errno)". ENOSPC, EDQUOT, EMFILE, ENFILE and ENOMEM are Fault::kResource.
std::unexpected<Error> fail_errno(std::string_view what, int error = errno);

/// States in the code that a result is dropped on purpose, and why.
template <class T>
void ignore(T&&, std::string_view /*reason*/) {}

}  // namespace sealpost
