// What may come in: a budget for contents in memory and a look at the free space, both asked before a client is told to
// send. RFC 5321 §6.1: a message must not be lost "because of predictable resource shortages" after it was accepted; so
// they are found here.
#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"

namespace sealpost::spool {

class Admission : public std::enable_shared_from_this<Admission> {
 public:
  struct Limits {
    std::string directory;  // on the file system that is looked at
    Bytes memory_max;
    Bytes free_space_min;
  };
  explicit Admission(Limits limits) : limits_(std::move(limits)) {}

  /// What one message has reserved; gives it back when destroyed.
  class Lease {
   public:
    Lease(std::shared_ptr<Admission> admission, Bytes memory, Bytes space)
        : admission_(std::move(admission)), memory_(memory), space_(space) {}
    Lease(Lease&&) noexcept = default;
    Lease& operator=(Lease&&) = delete;
    ~Lease();

    /// The content is about to grow to `size`; more than was reserved is reserved now, or refused.
    Result<void> cover(Bytes size);

   private:
    std::shared_ptr<Admission> admission_;  // owned by the spool and by every lease that still has to be given back
    Bytes memory_;
    Bytes space_;
  };

  /// Fault::kResource when memory or disk have no room for a content of `expected`. Thread-safe.
  Result<Lease> reserve(Bytes expected);

 private:
  Result<void> take(Bytes memory, Bytes space);
  void give_back(Bytes memory, Bytes space);
  Result<void> look_at_disk();

  const Limits limits_;
  std::mutex mutex_;
  Bytes memory_;  // reserved by all leases
  Bytes space_;   // the same, on the disk
  Bytes free_;    // when last looked
  std::optional<SteadyTime> looked_;
};

}  // namespace sealpost::spool
