// A spool without a disk, for tests and for servers that keep nothing: the promises of states.md but durability. It
// goes through the same commit thread as the durable one, so that callers meet the same order of events.
#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "base/assert.h"
#include "spool/body_source.h"
#include "spool/commit_group.h"
#include "spool/record.h"
#include "spool/spool.h"

namespace sealpost::spool {

namespace {

class MemoryBodyWriter final : public BodyWriter {
 public:
  Result<void> append(std::string_view octets) override {
    content_->append(octets);
    return {};
  }
  Bytes size() const override { return {content_->size()}; }
  std::shared_ptr<const std::string> content() const { return content_; }

 private:
  // Shared between the writer, the stored message and every source that reads it.
  std::shared_ptr<std::string> content_ = std::make_shared<std::string>();
};

struct Item {
  MessageRecord record;
  DeliveryState state;
  std::shared_ptr<const std::string> content;  // owned by the spool and by the sources that read it
};

class MemoryChange final : public PreparedChange {
 public:
  Change change;
};

class MemorySpool final : public Spool {
 public:
  MemorySpool() : commits_([this](CommitGroup::Group group) { return write(group); }) {}

  Result<std::unique_ptr<BodyWriter>> reserve(Bytes) override { return std::make_unique<MemoryBodyWriter>(); }

  void commit(Change change, Committed committed) override {
    auto prepared = std::make_unique<MemoryChange>();
    prepared->committed = std::move(committed);
    prepared->change = std::move(change);
    commits_.enqueue(std::move(prepared));
  }

  std::optional<Error> failure() const override { return commits_.failure(); }

  Result<Stored> load(QueueId id) override {
    const std::lock_guard lock(mutex_);
    const auto item = items_.find(id);
    if (item == items_.end()) return not_found(id);
    return Stored{item->second.record, item->second.state};
  }

  Result<std::unique_ptr<message::BodySource>> open_body(QueueId id) override {
    const std::lock_guard lock(mutex_);
    const auto item = items_.find(id);
    if (item == items_.end()) return not_found(id);
    return make_memory_source(item->second.content, *item->second.content);
  }

  Result<void> for_each(QueueId after, const std::function<bool(const Summary&)>& visit,
                        const std::function<void(QueueId, const Error&)>&) override {
    const QueueId last = last_id();  // what arrives during the visit is not part of it
    // The visitor may call the spool, so it is not called under the lock.
    for (auto summary = next_after(after, last); summary && visit(*summary); summary = next_after(summary->id, last)) {
    }
    return {};
  }

  QueueId last_id() const override {
    const std::lock_guard lock(mutex_);
    return last_id_;
  }
  Usage usage() const override {
    const std::lock_guard lock(mutex_);
    return usage_;
  }

 private:
  std::optional<Summary> next_after(QueueId id, QueueId last) const {
    const std::lock_guard lock(mutex_);
    const auto next = items_.upper_bound(id);
    if (next == items_.end() || next->first > last) return std::nullopt;
    const Item& item = next->second;
    return Summary{next->first, item.record.arrived, item.state.next_attempt, item.state.attempts, item.record.size};
  }

  static std::unexpected<Error> not_found(QueueId id) { return fail(Fault::kNotFound, "no message " + id.to_string()); }

  Result<void> write(CommitGroup::Group group) {
    const std::lock_guard lock(mutex_);
    bool is_written = false;
    for (const auto& prepared : group) {
      Change& change = static_cast<MemoryChange&>(*prepared).change;
      prepared->outcome = check(change);
      if (!prepared->outcome) continue;
      apply(change);
      ++usage_.commits;
      is_written = true;
    }
    if (is_written) ++usage_.syncs;
    return {};
  }

  Result<void> check(const Change& change) const {
    for (const NewMessage& message : change.add)
      if (items_.contains(message.record.id))
        return fail(Fault::kInternal, "message " + message.record.id.to_string() + " is stored already");
    for (const auto& [id, state] : change.set)
      if (!items_.contains(id)) return not_found(id);
    for (const QueueId id : change.remove)
      if (!items_.contains(id)) return not_found(id);
    return {};
  }

  void apply(Change& change) {
    for (NewMessage& message : change.add) {
      auto* const writer = dynamic_cast<MemoryBodyWriter*>(message.body.get());
      SEALPOST_ASSERT(writer != nullptr, "a content is committed to the spool that made its writer");
      MessageRecord& record = message.record;
      record.size = writer->size();
      last_id_ = std::max(last_id_, record.id);
      usage_.content += record.size;
      DeliveryState state = initial_state(record);
      const QueueId id = record.id;
      items_.emplace(id, Item{std::move(record), std::move(state), writer->content()});
    }
    for (auto& [id, state] : change.set) items_.find(id)->second.state = std::move(state);
    for (const QueueId id : change.remove) {
      const auto item = items_.find(id);
      if (item == items_.end()) continue;  // named twice in one change
      usage_.content -= item->second.record.size;
      items_.erase(item);
    }
    usage_.messages = items_.size();
  }

  mutable std::mutex mutex_;
  std::map<QueueId, Item> items_;
  QueueId last_id_;
  Usage usage_;
  CommitGroup commits_;  // last: its thread uses all of the above
};

}  // namespace

std::unique_ptr<Spool> make_memory_spool() { return std::make_unique<MemorySpool>(); }

}  // namespace sealpost::spool
