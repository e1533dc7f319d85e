// What a user name or password may be, for every mechanism that carries one in clear (RFC 4616 §2 `SAFE`).
#pragma once
#include <cstddef>
#include <string_view>

#include "base/utf8.h"

namespace sealpost::sasl {

/// One to `octets_max` octets of valid UTF-8 without NUL. An empty name or password is refused here so that no back end
/// ever sees one: an LDAP simple bind with an empty password, for one, succeeds for everybody (RFC 4513 §5.1.2).
inline bool is_credential_text(std::string_view text, std::size_t octets_max) {
  return !text.empty() && text.size() <= octets_max && text.find('\0') == text.npos && is_utf8(text);
}

}  // namespace sealpost::sasl
