// The budget of contents in flight. Free space is asked from the kernel at most once a second; in between our own
// reservations count.
#include "spool/admission.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <sys/statvfs.h>

#include "spool/record.h"

namespace sealpost::spool {

namespace {

constexpr std::chrono::seconds kLookInterval{1};

// A writer holds at most one piece; smaller contents are held whole.
Bytes memory_for(Bytes size) { return {std::min<std::uint64_t>(size.count, kPieceSize)}; }

}  // namespace

Admission::Lease::~Lease() {
  if (admission_) admission_->give_back(memory_, space_);
}

Result<void> Admission::Lease::cover(Bytes size) {
  if (size <= space_) return {};
  const Bytes memory = memory_for(size);
  if (auto taken = admission_->take(memory - memory_, size - space_); !taken) return taken;
  memory_ = memory;
  space_ = size;
  return {};
}

Result<Admission::Lease> Admission::reserve(Bytes expected) {
  const Bytes memory = memory_for(expected);
  if (auto taken = take(memory, expected); !taken) return std::unexpected(std::move(taken).error());
  return Lease(shared_from_this(), memory, expected);
}

Result<void> Admission::take(Bytes memory, Bytes space) {
  const std::lock_guard lock(mutex_);
  if (auto looked = look_at_disk(); !looked) return looked;
  // Subtractions, because a declared size may be anything up to 2^64 (RFC 1870 §3 allows 20 digits).
  if (memory_ > limits_.memory_max || memory > limits_.memory_max - memory_)
    return fail(Fault::kResource,
                fmt::format("the budget of {} octets for contents in memory is used up", limits_.memory_max.count));
  const Bytes needed = limits_.free_space_min + space_;
  if (free_ < needed || space > free_ - needed)
    return fail(Fault::kResource,
                fmt::format("{}: {} octets are free, {} are kept free, {} are promised to contents on their way",
                            limits_.directory, free_.count, limits_.free_space_min.count, space_.count));
  memory_ += memory;
  space_ += space;
  return {};
}

void Admission::give_back(Bytes memory, Bytes space) {
  const std::lock_guard lock(mutex_);
  memory_ -= memory;
  space_ -= space;
}

Result<void> Admission::look_at_disk() {
  const SteadyTime now = steady_now();
  if (looked_ && now - *looked_ < kLookInterval) return {};
  struct statvfs facts = {};
  if (::statvfs(limits_.directory.c_str(), &facts) != 0) return fail_errno("free space of " + limits_.directory);
  free_ = {static_cast<std::uint64_t>(facts.f_bavail) * facts.f_frsize};
  looked_ = now;
  return {};
}

}  // namespace sealpost::spool
