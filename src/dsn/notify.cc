// NOTIFY, decided for one recipient at a time.
#include "dsn/notify.h"

namespace sealpost::dsn {

bool owes_report(const smtp::ReversePath& reverse_path, const smtp::Notify& notify, Action action) {
  // RFC 5321 §6.1: a report is never sent to the null reverse-path, so that reports about reports do not go round for
  // ever.
  if (!reverse_path) return false;
  switch (action) {
    // RFC 3461 §5.2: without NOTIFY, failures are reported …
    case Action::kFailed:
      return !notify.is_given || notify.on_failure;
    // … and delays may be.
    case Action::kDelayed:
      return !notify.is_given || notify.on_delay;
    case Action::kDelivered:
    case Action::kRelayed:
      return notify.on_success;
  }
  return false;
}

}  // namespace sealpost::dsn
