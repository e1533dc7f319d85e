// Updates: collected until the event loop has nothing else to do, then committed as one Change.
#include "queue/updates.h"

#include <utility>

#include <boost/asio/post.hpp>

namespace sealpost::queue {

void Updates::add(Update update) {
  ++in_flight_;
  next_durable_.updated.push_back(update.id);
  for (spool::NewMessage& report : update.reports) {
    next_durable_.reports.emplace_back(report.record.id, report.record.arrived);
    next_.add.push_back(std::move(report));
  }
  if (!update.state) {
    std::erase_if(next_.set, [&update](const auto& earlier) { return earlier.first == update.id; });
    next_.remove.push_back(update.id);
  } else if (!next_.set.empty() && next_.set.back().first == update.id) {
    // Two destinations of one message answered in the same turn: the later state contains the earlier one.
    next_.set.back().second = std::move(*update.state);
  } else {
    next_.set.emplace_back(update.id, std::move(*update.state));
  }
  schedule();
}

void Updates::after(std::move_only_function<void()> then) {
  next_durable_.then.push_back(std::move(then));
  schedule();
}

void Updates::schedule() {
  if (std::exchange(is_scheduled_, true)) return;
  net::asio::post(context_, [this] { flush(); });
}

void Updates::flush() {
  is_scheduled_ = false;
  spool::Change change = std::exchange(next_, {});
  Durable durable = std::exchange(next_durable_, {});
  spool_.commit(std::move(change), [this, durable = std::move(durable)](Result<void> result) mutable {
    if (result)
      inbox_.put(std::move(durable));
    else
      on_fatal_(result.error());
  });
}

void Updates::arrived(const Durable& durable) {
  in_flight_ -= durable.updated.size();
  settled_.open();
}

}  // namespace sealpost::queue
