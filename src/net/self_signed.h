// A certificate of one's own, for a first start and for demonstrations. Nobody trusts it but those who are given it.
#pragma once
#include <chrono>
#include <filesystem>
#include <span>
#include <string>

#include "base/result.h"

namespace sealpost::net {

/// Writes a new P-256 key and a certificate for `names` (DNS names and address literals, at least one) that is valid
/// for `days`. Both files get mode 0600. Never overwrites: an existing file is Fault::kConfiguration.
Result<void> write_self_signed_certificate(const std::filesystem::path& certificate_file,
                                           const std::filesystem::path& private_key_file,
                                           std::span<const std::string> names, std::chrono::days days);

}  // namespace sealpost::net
