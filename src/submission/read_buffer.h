// The buffers that connections read into: taken when octets wait, given back before waiting, so that an idle connection
// holds none. One pool per network thread; never shared.
#pragma once
#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace sealpost::submission {

/// One TLS record of plain text (RFC 8446 §5.1: at most 2^14 octets).
inline constexpr std::size_t kReadBufferSize = 16 * 1024;
/// Buffers kept for reuse per thread; those above go back to the allocator.
inline constexpr std::size_t kSpareBuffersMax = 64;

class ReadBuffer {
 public:
  ReadBuffer() = default;
  ReadBuffer(ReadBuffer&&) noexcept = default;
  ReadBuffer& operator=(ReadBuffer&&) noexcept = delete;
  ReadBuffer(const ReadBuffer&) = delete;
  ReadBuffer& operator=(const ReadBuffer&) = delete;
  ~ReadBuffer() { release(); }

  std::span<char> acquire() {
    if (!octets_) {
      auto& spare = spares();
      if (spare.empty()) {
        octets_ = std::make_unique_for_overwrite<Octets>();
      } else {
        octets_ = std::move(spare.back());
        spare.pop_back();
      }
    }
    return *octets_;
  }
  void release() noexcept {
    if (!octets_) return;
    auto& spare = spares();
    if (spare.size() < kSpareBuffersMax) spare.push_back(std::move(octets_));
    octets_.reset();
  }

 private:
  using Octets = std::array<char, kReadBufferSize>;
  static std::vector<std::unique_ptr<Octets>>& spares() {
    thread_local std::vector<std::unique_ptr<Octets>> spare = [] {
      std::vector<std::unique_ptr<Octets>> empty;
      empty.reserve(kSpareBuffersMax);  // so that release() never allocates
      return empty;
    }();
    return spare;
  }
  std::unique_ptr<Octets> octets_;
};

}  // namespace sealpost::submission
