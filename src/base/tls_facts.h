// TlsFacts: proof that a handshake took place, and what it agreed. Only the code that ran the handshake can make one.
#pragma once
#include <string>
#include <utility>

namespace sealpost {

namespace net {
class TlsFactsSource;  // net/: reads them off a finished handshake
}
struct TlsFactsForTest;  // tests only

class TlsFacts {
 public:
  struct Values {
    std::string version;      // "TLSv1.3"
    std::string cipher;       // IANA name: "TLS_AES_256_GCM_SHA384"
    std::string group;        // "X25519"; empty when not known
    std::string server_name;  // SNI as the client sent it, or as we sent it; empty when none
    bool is_resumed = false;
  };

  const Values& values() const { return values_; }
  const Values* operator->() const { return &values_; }

 private:
  friend class net::TlsFactsSource;
  friend struct TlsFactsForTest;
  explicit TlsFacts(Values values) : values_(std::move(values)) {}
  Values values_;
};

struct TlsFactsForTest {
  static TlsFacts make(TlsFacts::Values values = {"TLSv1.3", "TLS_AES_256_GCM_SHA384", "X25519", {}, false}) {
    return TlsFacts(std::move(values));
  }
};

}  // namespace sealpost
