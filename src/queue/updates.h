// Updates: the outcomes of deliveries on their way to the disk. What many deliveries bring in one turn of the event
// loop becomes one Change, so that they share its cost; nobody waits for the disk unless too many outcomes do. One
// executor. Never: a recipient retired in one Change and its report in another.
#pragma once
#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

#include "net/task.h"
#include "queue/gate.h"
#include "queue/inbox.h"
#include "spool/spool.h"

namespace sealpost::queue {

/// About one message. Its parts stay together.
struct Update {
  QueueId id;
  std::optional<spool::DeliveryState> state;  // empty: the message is removed
  std::vector<spool::NewMessage> reports;
};

class Updates {
 public:
  /// What became durable goes to `inbox`. `on_fatal` is called on the spool's thread.
  Updates(net::asio::io_context& context, spool::Spool& spool, Inbox& inbox, std::function<void(const Error&)> on_fatal,
          std::size_t in_flight_max)
      : context_(context),
        spool_(spool),
        inbox_(inbox),
        on_fatal_(std::move(on_fatal)),
        in_flight_max_(in_flight_max),
        settled_(context) {}

  void add(Update update);
  /// `then` runs on this executor when everything that was added so far is durable.
  void after(std::move_only_function<void()> then);
  /// The owner says this for each Durable that it took from the inbox.
  void arrived(const Durable& durable);

  bool has_room() const { return in_flight_ < in_flight_max_; }
  /// Resumes when something has become durable.
  net::Task<> wait() { return settled_.wait(); }
  /// Lets everybody who waits look again.
  void wake() { settled_.open(); }
  std::size_t in_flight() const { return in_flight_; }

 private:
  void schedule();
  void flush();

  net::asio::io_context& context_;
  spool::Spool& spool_;
  Inbox& inbox_;
  std::function<void(const Error&)> on_fatal_;
  std::size_t in_flight_max_;
  std::size_t in_flight_ = 0;  // messages in next_ or in the spool's hands
  bool is_scheduled_ = false;
  spool::Change next_;
  Durable next_durable_;
  Gate settled_;
};

}  // namespace sealpost::queue
