// OpenSSL's error queue.
#include "net/openssl.h"

#include <openssl/err.h>

namespace sealpost::net {

std::string openssl_error_text() {
  const unsigned long error = ERR_peek_last_error();
  ERR_clear_error();
  const char* reason = error == 0 ? nullptr : ERR_reason_error_string(error);
  return reason == nullptr ? "no further reason" : reason;
}

}  // namespace sealpost::net
