// The adaptive group commit: one thread takes every change that waits, has all of them written with one sync, and
// answers them in order. While it syncs the next group gathers; when nothing waits the next change is written at once,
// so nobody waits for company. Never: a success after a failed sync. The first failure is kept and answers everything
// that follows.
#pragma once
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "base/result.h"
#include "spool/spool.h"

namespace sealpost::spool {

/// A change that its caller has encoded, so that the commit thread only has to write it.
class PreparedChange {
 public:
  virtual ~PreparedChange() = default;

  Committed committed;
  Result<void> outcome;  // a failure of this change alone: it is not written, the others of its group are
};

class CommitGroup {
 public:
  using Group = std::span<const std::unique_ptr<PreparedChange>>;
  /// Makes every change of the group durable whose outcome is good when it returns. A failure means that nobody knows
  /// what the disk has. Called on the commit thread only.
  using Write = std::function<Result<void>(Group)>;

  explicit CommitGroup(Write write);
  /// Answers everything that was enqueued, then ends the thread.
  ~CommitGroup();
  CommitGroup(const CommitGroup&) = delete;
  CommitGroup& operator=(const CommitGroup&) = delete;

  void enqueue(std::unique_ptr<PreparedChange> change);
  /// What made the spool useless, if anything did.
  std::optional<Error> failure() const;

 private:
  void run();
  void commit(Group group);

  const Write write_;
  mutable std::mutex mutex_;
  std::condition_variable work_;
  std::vector<std::unique_ptr<PreparedChange>> waiting_;
  std::optional<Error> failure_;
  bool is_idle_ = false;
  bool is_stopping_ = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace sealpost::spool
