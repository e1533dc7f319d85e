// Agent and Channel: what the queue needs from a way of delivering. A channel is one connection (or the local
// equivalent) that carries one transaction after the other; it belongs to the relay's executor. What the far end says
// about a message is a Reply, never an Error.
#pragma once
#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/queue_id.h"
#include "message/body_source.h"
#include "net/task.h"
#include "smtp/envelope.h"
#include "smtp/reply.h"

namespace sealpost::delivery {

/// One message and those of its recipients that go to one destination. What it points to outlives deliver().
struct Transaction {
  QueueId id;
  const smtp::Envelope* envelope = nullptr;  // with the recipients of this transaction only
  Bytes size;
  bool is_8bit = false;
  message::BodySource* body = nullptr;
};

struct TransactionResult {
  /// One final reply per recipient, in the order of the envelope. A lost connection is a 4xx in our own words.
  std::vector<smtp::Reply> per_recipient;
  /// The replies are ours, not the far end's.
  bool is_in_our_words = false;
  /// The far end promised to send the success reports itself (it offers DSN, RFC 3461 §6.2.1).
  bool is_dsn_passed_on = false;
  /// The connection was lost, or refused with 421, before the far end can have taken the message: it may go over
  /// another one at once.
  bool is_untouched = false;
  /// RFC 3464 §2.3.3: "delivered" when the mail reached its mailbox here, "relayed" when it was handed to another
  /// server.
  bool is_final = false;
};

class Channel {
 public:
  virtual ~Channel() = default;
  /// Connects, secures, authenticates. On failure the reply that is recorded for what waits; always a 4xx, because a
  /// destination that cannot be talked to says nothing about a message.
  virtual net::Task<std::expected<void, smtp::Reply>> open() = 0;
  /// Only while is_reusable().
  virtual net::Task<TransactionResult> deliver(Transaction transaction) = 0;
  virtual bool is_reusable() const = 0;
  /// Ends politely, within a few seconds.
  virtual net::Task<> quit() = 0;
  /// Ends at once, also under a running deliver(), which then answers with a 4xx.
  virtual void close() noexcept = 0;
};

/// Makes the channels of one route.
class Agent {
 public:
  virtual ~Agent() = default;
  virtual std::unique_ptr<Channel> make_channel() = 0;
};

}  // namespace sealpost::delivery
