// Lane: the life of a connection.
#include "queue/lane.h"

#include <algorithm>
#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>

#include "base/assert.h"
#include "delivery/own_reply.h"
#include "observe/events.h"
#include "observe/log.h"

namespace sealpost::queue {

namespace {

schedule::WindowOptions window_options(const delivery::Route& route) {
  schedule::WindowOptions options;
  options.connections_max = std::max<std::size_t>(route.connections_max, 1);
  return options;
}

/// The recipients of one transaction, as the agent wants them.
smtp::Envelope part_of(const smtp::Envelope& envelope, const std::vector<std::size_t>& recipients) {
  smtp::Envelope part;
  part.reverse_path = envelope.reverse_path;
  part.parameters = envelope.parameters;
  part.recipients.reserve(recipients.size());
  for (const std::size_t recipient : recipients) part.recipients.push_back(envelope.recipients[recipient]);
  return part;
}

}  // namespace

Lane::Lane(std::size_t index, const delivery::Route& route, delivery::Agent& agent, LaneSurroundings& surroundings)
    : index_(index), route_(route), agent_(agent), surroundings_(surroundings), window_(window_options(route)) {
  surroundings_.connections.join(*this);
}

void Lane::push(Job job) {
  if (!idle_.empty()) {
    Idle* const idle = idle_.back();
    idle_.pop_back();
    idle->job = std::move(job);
    idle->timer.cancel();
    return;
  }
  const std::string& account = job.message->stored.record.account;
  ready_.push_back(account, std::move(job));
  dispatch();
}

void Lane::dispatch() {
  while (wants_connection() && surroundings_.connections.take(*this)) {
    auto channel = agent_.make_channel();
    channels_.push_back(channel.get());
    ++opening_;
    surroundings_.tasks.spawn("delivery", work(std::move(channel)));
  }
}

bool Lane::wants_connection() const {
  // A connection that is being opened will take one of those that wait.
  return !is_stopping_ && opening_ < ready_.size() &&
         channels_.size() < window_.connections_allowed(surroundings_.clock.steady());
}

bool Lane::dismiss_idle() {
  if (idle_.empty()) return false;
  idle_.front()->timer.cancel();
  idle_.erase(idle_.begin());
  return true;
}

net::Task<> Lane::work(std::unique_ptr<delivery::Channel> channel) {
  // Agents without a network never wait. Without this turn of the event loop the next connection would run inside the
  // end of the last one: nested as deep as the queue is long, and before those who stand in line.
  co_await net::asio::post(surroundings_.context, net::use_task);
  std::expected<void, smtp::Reply> opened = std::unexpected(smtp::Reply());
  if (!is_stopping_) opened = co_await channel->open();
  --opening_;
  if (opened) co_await carry_all(*channel);
  ++ending_;
  surroundings_.connections.leave();
  if (opened) co_await channel->quit();
  --ending_;
  std::erase(channels_, channel.get());
  if (!opened) connection_failed(opened.error(), channels_.size() - opening_);
  surroundings_.connections.give_back(*this);
  dispatch();
}

net::Task<> Lane::carry_all(delivery::Channel& channel) {
  const std::size_t carried_max = std::max<std::size_t>(route_.messages_per_connection_max, 1);
  std::size_t carried = 0;
  while (channel.is_reusable() && carried < carried_max) {
    while (!surroundings_.updates.has_room() && !is_stopping_) co_await surroundings_.updates.wait();
    if (carried > 0 && surroundings_.connections.is_wanted_from(*this)) co_return;
    std::optional<Job> job = is_stopping_ ? std::nullopt : ready_.pop();
    if (!job && !is_stopping_ && !surroundings_.connections.is_wanted()) job = co_await wait_for_job();
    if (!job) co_return;
    co_await carry(channel, std::move(*job), carried);
    ++carried;
  }
}

net::Task<std::optional<Job>> Lane::wait_for_job() {
  Idle idle{net::asio::steady_timer(surroundings_.context, route_.idle_close), std::nullopt};
  idle_.push_back(&idle);
  net::error_code ignored;  // a cancelled timer is a job, or the end
  co_await idle.timer.async_wait(net::asio::redirect_error(net::use_task, ignored));
  std::erase(idle_, &idle);
  co_return std::move(idle.job);
}

net::Task<> Lane::carry(delivery::Channel& channel, Job job, std::size_t carried) {
  const spool::MessageRecord& record = job.message->stored.record;
  auto body = open_body(job);
  if (!body) {
    delivery::TransactionResult result;
    // The message was removed by an operator; otherwise its content cannot be read now.
    if (!job.message->is_gone) {
      const std::size_t recipients = job.recipients.empty() ? record.envelope.recipients.size() : job.recipients.size();
      result.per_recipient.assign(recipients, delivery::local_failure(body.error()));
      result.is_in_our_words = true;
    }
    surroundings_.owner.transaction_ended(index_, std::move(job), std::move(result));
    co_return;
  }
  smtp::Envelope part;
  if (!job.recipients.empty()) part = part_of(record.envelope, job.recipients);
  const delivery::Transaction transaction{.id = record.id,
                                          .envelope = job.recipients.empty() ? &record.envelope : &part,
                                          .size = record.size,
                                          .is_8bit = record.is_8bit,
                                          .body = body->get()};
  delivery::TransactionResult result = co_await channel.deliver(transaction);
  body->reset();  // a removal gives its room back only when nobody reads
  after_transaction(channel, std::move(job), std::move(result), carried);
}

Result<std::unique_ptr<message::BodySource>> Lane::open_body(const Job& job) {
  const spool::MessageRecord& record = job.message->stored.record;
  if (job.message->is_gone) return fail(Fault::kNotFound, "the message was removed");
  auto body = surroundings_.spool.open_body(record.id);
  if (!body)
    observe::log(observe::Level::kError, observe::events::kCorrupt,
                 {{"id", record.id.to_string()}, {"reason", body.error().text}});
  return body;
}

void Lane::after_transaction(const delivery::Channel& channel, Job job, delivery::TransactionResult result,
                             std::size_t carried) {
  if (channel.is_reusable() || !result.is_untouched) {
    window_.transaction_answered();
    surroundings_.owner.transaction_ended(index_, std::move(job), std::move(result));
    dispatch();
    return;
  }
  // A connection that worked before was closed behind our back: the message deserves a fresh one, once.
  if (carried > 0 && !job.is_second_try && !is_stopping_) {
    job.is_second_try = true;
    const std::string& account = job.message->stored.record.account;
    ready_.push_front(account, std::move(job));
    return;
  }
  const smtp::Reply reply = result.per_recipient.front();
  surroundings_.owner.transaction_ended(index_, std::move(job), std::move(result));
  if (carried == 0) connection_failed(reply, channels_.size() - opening_ - 1);
}

void Lane::connection_failed(smtp::Reply reply, std::size_t working) {
  if (is_stopping_) return;
  last_failure_ = std::move(reply);
  if (!window_.connection_failed(surroundings_.clock.steady(), working,
                                 static_cast<std::uint32_t>(surroundings_.random())))
    return;
  if (!ready_.empty()) surroundings_.owner.destination_failed(index_, ready_.take_all());
}

std::optional<WallTime> Lane::suspended_until() const {
  const SteadyTime now = surroundings_.clock.steady();
  const auto until = window_.suspended_until(now);
  if (!until) return std::nullopt;
  return surroundings_.clock.wall() + std::chrono::ceil<std::chrono::milliseconds>(*until - now);
}

void Lane::forgive() {
  window_.forgive();
  dispatch();
}

void Lane::stop() {
  is_stopping_ = true;
  for (Idle* idle : std::exchange(idle_, {})) idle->timer.cancel();
}

void Lane::cut() {
  for (delivery::Channel* channel : channels_) channel->close();
}

DestinationStats Lane::stats() const {
  return {.name = route_.name,
          .waiting = ready_.size(),
          .connections = channels_.size(),
          .connections_allowed = window_.connections_allowed(surroundings_.clock.steady()),
          .suspended_until = suspended_until(),
          .last_failure = last_failure_.code == 0 ? std::string() : last_failure_.to_line()};
}

}  // namespace sealpost::queue
