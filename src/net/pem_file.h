// Certificate and key files in PEM (RFC 7468), with every usual mistake named: missing, unreadable, not PEM, swapped,
// encrypted.
#pragma once
#include <string>
#include <vector>

#include "base/result.h"
#include "net/openssl.h"

namespace sealpost::net {

/// All certificates of the file in its order, at least one.
Result<std::vector<X509Ptr>> read_certificates(const std::string& path);

/// The private key of the file. What was read is wiped.
Result<KeyPtr> read_private_key(const std::string& path);

}  // namespace sealpost::net
