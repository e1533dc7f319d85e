// The table of explanations. A missing line means the server's own words stand alone, which is better than a wrong
// guess.
#include "dsn/explanation.h"

#include <algorithm>
#include <cstdint>
#include <iterator>

namespace sealpost::dsn {

namespace {

struct Explanation {
  std::uint16_t subject;
  std::uint16_t detail;
  std::string_view text;
};

constexpr Explanation kExplanations[] = {
    {1, 1, "The address does not exist. Please check it for typing errors."},
    {1, 2,
     "The part of the address behind the @ sign does not exist or takes no mail. Please check it for typing errors."},
    {1, 3, "The address is not written correctly. Please check it for typing errors."},
    {1, 6, "The recipient has moved and left no new address."},
    {1, 8, "The recipient's server did not accept your own address as the sender."},
    {1, 10, "The recipient's domain has declared that it takes no mail."},
    {2, 1, "The recipient's mailbox is switched off."},
    {2, 2, "The recipient's mailbox is full."},
    {2, 3, "The message is larger than the recipient is allowed to receive."},
    {3, 1, "The recipient's server has no room for more mail at the moment."},
    {3, 2, "The recipient's server takes no mail at the moment."},
    {3, 4, "The message is larger than the recipient's server takes. Please send less, or in several parts."},
    {4, 1, "The recipient's server does not answer."},
    {4, 2, "The connection to the recipient's server broke."},
    {4, 4, "It could not be found out which server takes mail for this address."},
    {4, 7, "We tried again and again, for as long as we keep a message, and have given up."},
    {6, 7, "The address or the message needs international characters, which the recipient's server cannot handle."},
    {7, 1, "The recipient's server has refused the message by its rules."},
    {7, 26, "The recipient's server could not verify that the message comes from your domain."},
};

}  // namespace

std::string_view explain(const smtp::EnhancedCode& code) {
  const auto* const found = std::ranges::find_if(kExplanations, [&code](const Explanation& explanation) {
    return explanation.subject == code.subject && explanation.detail == code.detail;
  });
  return code.is_none() || found == std::end(kExplanations) ? std::string_view() : found->text;
}

}  // namespace sealpost::dsn
