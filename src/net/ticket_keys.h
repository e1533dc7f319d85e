// TicketKeys: encrypts and recognises the session tickets of one listener (RFC 5077 §4, RFC 8446 §4.6.1). RFC 9325
// §3.4: tickets are authenticated and encrypted, their keys change and are destroyed. The keys exist in memory only and
// die with the process.
#pragma once
#include <array>
#include <chrono>
#include <mutex>
#include <optional>
#include <span>

#include "base/clock.h"

namespace sealpost::net {

inline constexpr std::chrono::hours kTicketKeyRotation{6};

struct TicketKey {
  TicketKey() = default;
  TicketKey(const TicketKey&) = default;
  TicketKey& operator=(const TicketKey&) = default;
  ~TicketKey();  // wipes

  std::array<unsigned char, 16> name{};
  std::array<unsigned char, 32> cipher_key{};  // AES-256-CBC, the one form OpenSSL's ticket interface offers …
  std::array<unsigned char, 32> mac_key{};     // … with HMAC-SHA-256 over the ciphertext
};

/// Thread-safe. A key encrypts for kTicketKeyRotation and decrypts for as long again; then it is wiped.
class TicketKeys {
 public:
  /// The key for new tickets; nothing when the random generator failed.
  std::optional<TicketKey> current(SteadyTime now);
  /// The key that made a ticket, while it is still believed.
  std::optional<TicketKey> find(std::span<const unsigned char> name, SteadyTime now);

 private:
  void rotate(SteadyTime now);  // with mutex_ held

  std::mutex mutex_;
  std::optional<TicketKey> current_;
  std::optional<TicketKey> previous_;
  SteadyTime current_since_{};
};

}  // namespace sealpost::net
