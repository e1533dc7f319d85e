// TlsFactsSource: the one place where TlsFacts are made: off a connection whose handshake has just succeeded.
#pragma once
#include "base/tls_facts.h"
#include "net/openssl.h"

namespace sealpost::net {

class TlsFactsSource {
 public:
  /// `ssl` must have finished its handshake; that is asserted.
  static TlsFacts read(SSL* ssl);
};

}  // namespace sealpost::net
