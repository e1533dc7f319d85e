// Rotation of ticket keys.
#include "net/ticket_keys.h"

#include <algorithm>

#include <openssl/rand.h>

#include "base/secret.h"

namespace sealpost::net {

namespace {

std::optional<TicketKey> make_key() {
  TicketKey key;
  const auto fill = [](auto& octets) { return RAND_priv_bytes(octets.data(), static_cast<int>(octets.size())) == 1; };
  if (!fill(key.name) || !fill(key.cipher_key) || !fill(key.mac_key)) return std::nullopt;
  return key;
}

}  // namespace

TicketKey::~TicketKey() {
  wipe(cipher_key.data(), cipher_key.size());
  wipe(mac_key.data(), mac_key.size());
}

void TicketKeys::rotate(SteadyTime now) {
  if (!current_) {
    current_ = make_key();
    current_since_ = now;
    return;
  }
  const auto age = now - current_since_;
  if (age < kTicketKeyRotation) return;
  previous_.reset();
  // After a long quiet time even the last key is too old to be believed.
  if (age < 2 * kTicketKeyRotation) previous_ = current_;
  current_ = make_key();
  current_since_ = now;
}

std::optional<TicketKey> TicketKeys::current(SteadyTime now) {
  const std::lock_guard lock(mutex_);
  rotate(now);
  return current_;
}

std::optional<TicketKey> TicketKeys::find(std::span<const unsigned char> name, SteadyTime now) {
  const std::lock_guard lock(mutex_);
  rotate(now);
  if (current_ && std::ranges::equal(current_->name, name)) return current_;
  if (previous_ && std::ranges::equal(previous_->name, name)) return previous_;
  return std::nullopt;
}

}  // namespace sealpost::net
