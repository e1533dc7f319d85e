// Reports: the messages that tell a sender what became of the mail (RFC 3464, RFC 3461 §5): made from a settlement, as
// new messages for the spool with the null reverse-path. Never: a report about a report.
#pragma once
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/queue_id.h"
#include "base/result.h"
#include "dsn/report.h"
#include "queue/settlement.h"
#include "spool/spool.h"

namespace sealpost::queue {

/// Names the messages that the queue itself writes.
using ReportIds = std::function<QueueId(WallTime now)>;

class Reports {
 public:
  Reports(spool::Spool& spool, std::string hostname, ReportIds ids)
      : spool_(spool), hostname_(std::move(hostname)), ids_(std::move(ids)) {}

  /// One report about everything in `owed`, which is not empty. Fault::kResource: there is no room, nothing was made.
  Result<std::vector<spool::NewMessage>> make(const spool::Stored& about, std::span<const Owed> owed, WallTime now,
                                              WallTime will_retry_until);

 private:
  /// As much as a report may carry; nothing when it cannot be read.
  void read_original(const spool::Stored& about, dsn::Report& report);

  spool::Spool& spool_;
  std::string hostname_;
  ReportIds ids_;
};

}  // namespace sealpost::queue
