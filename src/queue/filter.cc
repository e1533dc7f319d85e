// Filter: comparisons as operators expect them: ASCII case does not matter.
#include "queue/filter.h"

#include <algorithm>

namespace sealpost::queue {

namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_same(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

bool fits_recipient(std::string_view wanted, const smtp::Mailbox& mailbox) {
  if (wanted.starts_with('@')) return mailbox.domain().equals(wanted.substr(1));
  return is_same(wanted, mailbox.to_string());
}

}  // namespace

bool is_about_ids_only(const Filter& filter) {
  return filter.account.empty() && filter.sender.empty() && filter.recipient.empty();
}

bool fits(const Filter& filter, const spool::Stored& stored) {
  const smtp::Envelope& envelope = stored.record.envelope;
  if (filter.id && *filter.id != stored.record.id) return false;
  if (!filter.account.empty() && filter.account != stored.record.account) return false;
  if (!filter.sender.empty()) {
    if (!envelope.reverse_path || !is_same(filter.sender, envelope.reverse_path->to_string())) return false;
  }
  if (filter.recipient.empty()) return true;
  return std::ranges::any_of(envelope.recipients, [&filter](const smtp::Recipient& recipient) {
    return fits_recipient(filter.recipient, recipient.forward_path);
  });
}

}  // namespace sealpost::queue
