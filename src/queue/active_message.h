// A message that the relay works on: its envelope and state are in memory from the moment it is due until the disk has
// the outcome.
#pragma once
#include <cstddef>
#include <string_view>
#include <vector>

#include "smtp/reply.h"
#include "spool/spool.h"

namespace sealpost::queue {

struct ActiveMessage {
  spool::Stored stored;
  std::size_t transactions_left = 0;  // destinations that have not answered yet
  std::size_t updates_left = 0;       // outcomes on their way to the disk
  bool is_gone = false;               // its removal is on its way to the disk: nothing may be written about it any more
};

/// One message and those of its recipients that go to one destination.
struct Job {
  ActiveMessage* message = nullptr;
  std::vector<std::size_t> recipients;  // places in the envelope; empty: all of them
  bool is_second_try = false;           // the connection it was first given to turned out to be dead
};

/// What an attempt came to, for one recipient.
struct RecipientOutcome {
  std::size_t recipient = 0;  // place in the envelope
  smtp::Reply reply;
  std::string_view remote_mta;    // whose words the reply is; empty when it is our own. Outlives the settlement
  bool is_final = false;          // in its mailbox, not only at the next server
  bool is_dsn_passed_on = false;  // the next server reports success itself
};

}  // namespace sealpost::queue
