// The SMTP and LMTP agent: connections to one fixed host or socket (RFC 5321, RFC 2033, RFC 3207), many transactions on
// each. Never: clear text where TLS is required, a certificate that was not verified where it must be, a wait without a
// deadline.
#pragma once
#include <chrono>
#include <memory>
#include <string>

#include "base/result.h"
#include "delivery/agent.h"
#include "delivery/route.h"

namespace sealpost::delivery {

/// How long we wait for the far end. RFC 5321 §4.5.3.2 asks for at least these, and leaves connecting to us.
struct SmtpDeadlines {
  std::chrono::milliseconds connect = std::chrono::seconds(30);
  std::chrono::milliseconds tls = std::chrono::seconds(30);
  std::chrono::milliseconds greeting = std::chrono::minutes(5);    // §4.5.3.2.1
  std::chrono::milliseconds command = std::chrono::minutes(5);     // §4.5.3.2.2, §4.5.3.2.3; DATA initiation included
  std::chrono::milliseconds data_block = std::chrono::minutes(3);  // §4.5.3.2.5
  std::chrono::milliseconds data_end = std::chrono::minutes(10);   // §4.5.3.2.6
  std::chrono::milliseconds quit = std::chrono::seconds(5);        // nothing depends on the answer to QUIT
};

/// Fault::kConfiguration: no host and no socket, a CA file that cannot be read, AUTH that would go in clear text.
Result<std::unique_ptr<Agent>> make_smtp_agent(const Route& route, const std::string& hostname,
                                               SmtpDeadlines deadlines = {});

}  // namespace sealpost::delivery
