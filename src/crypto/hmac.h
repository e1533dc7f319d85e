// HMAC-SHA-256 (RFC 2104, RFC 6234), fed piece by piece.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "crypto/sha256.h"

struct evp_mac_ctx_st;

namespace sealpost::crypto {

class HmacSha256 {
 public:
  explicit HmacSha256(std::span<const std::uint8_t> key);

  HmacSha256& add(std::string_view octets);
  /// Adds the length before the octets, so that no two different lists of fields are the same input.
  HmacSha256& add_field(std::string_view octets);
  Sha256Digest finish() &&;

 private:
  struct Free {
    void operator()(evp_mac_ctx_st* context) const;
  };
  std::unique_ptr<evp_mac_ctx_st, Free> context_;
};

}  // namespace sealpost::crypto
