// When a sender is owed a report (RFC 3461 §4.1, §5.2, §6; RFC 5321 §6.1).
// Never: a report about a message from the null sender, which is a report itself.
#pragma once
#include <cstdint>

#include "smtp/address.h"
#include "smtp/parameters.h"

namespace sealpost::dsn {

/// RFC 3464 §2.3.3: what happened to one recipient, and the word that stands in the report's Action field.
enum class Action : std::uint8_t {
  kFailed,
  kDelayed,    // still being tried
  kDelivered,  // in the mailbox
  kRelayed,    // handed to a server that does not report deliveries itself
};

/// Whether `reverse_path` is to be told that `action` happened to a recipient with these NOTIFY wishes. For a delivery
/// to a server that offers DSN nothing is owed (RFC 3461 §6.2.1: that server took the wishes over); the caller does not
/// ask then.
bool owes_report(const smtp::ReversePath& reverse_path, const smtp::Notify& notify, Action action);

}  // namespace sealpost::dsn
