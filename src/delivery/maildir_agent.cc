// The Maildir agent: hands one transaction at a time to a blocking thread and waits for its replies.
#include "delivery/maildir_agent.h"

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include "delivery/maildir.h"
#include "delivery/own_reply.h"
#include "net/await_callback.h"

namespace sealpost::delivery {

namespace {

// Syncs of different files overlap on the device; more threads than this only queue there.
constexpr std::size_t kThreads = 4;

using Replies = Result<std::vector<smtp::Reply>>;

class MaildirAgent : public Agent {
 public:
  MaildirAgent(std::string pattern, std::string hostname)
      : pattern_(std::move(pattern)), hostname_(std::move(hostname)), threads_(kThreads) {}
  ~MaildirAgent() override { threads_.join(); }

  std::unique_ptr<Channel> make_channel() override;
  net::asio::thread_pool& threads() { return threads_; }

  /// On a blocking thread.
  std::vector<smtp::Reply> write(const Transaction& transaction) const {
    std::vector<smtp::Reply> replies;
    for (const smtp::Recipient& recipient : transaction.envelope->recipients)
      replies.push_back(write_one(transaction, recipient.forward_path));
    return replies;
  }

 private:
  smtp::Reply write_one(const Transaction& transaction, const smtp::Mailbox& recipient) const {
    const auto directory = maildir_path(pattern_, recipient);
    // RFC 3463 §3.2: X.1.1, the mailbox does not exist; nobody can have a mailbox under such a name here.
    if (!directory) return own_reply(550, {5, 1, 1}, "no mailbox can have this name");
    const std::string header = maildir_header(transaction.envelope->reverse_path, recipient);
    if (auto again = transaction.body->rewind(); !again) return local_failure(again.error());
    const auto file = write_to_maildir(*directory, maildir_unique_name(hostname_), header, *transaction.body);
    if (!file) return local_failure(file.error());
    return own_reply(250, {2, 0, 0}, "written to " + *file);
  }

  std::string pattern_;
  std::string hostname_;
  net::asio::thread_pool threads_;
};

class MaildirChannel : public Channel {
 public:
  explicit MaildirChannel(MaildirAgent& agent) : agent_(agent) {}

  net::Task<std::expected<void, smtp::Reply>> open() override { co_return std::expected<void, smtp::Reply>{}; }

  net::Task<TransactionResult> deliver(Transaction transaction) override {
    auto begin = [agent = &agent_, transaction](net::Completion<Replies> done) {
      net::asio::post(agent->threads(), [agent, transaction, done] { done(agent->write(transaction)); });
    };
    Replies replies = co_await net::await_callback<Replies>(std::move(begin));
    TransactionResult result;
    result.is_final = true;
    result.is_in_our_words = true;
    if (replies)
      result.per_recipient = std::move(*replies);
    else
      result.per_recipient.assign(transaction.envelope->recipients.size(), local_failure(replies.error()));
    co_return result;
  }

  bool is_reusable() const override { return true; }
  net::Task<> quit() override { co_return; }
  // A write that is under way ends by itself; there is no peer to wait for.
  void close() noexcept override {}

 private:
  MaildirAgent& agent_;
};

std::unique_ptr<Channel> MaildirAgent::make_channel() { return std::make_unique<MaildirChannel>(*this); }

}  // namespace

Result<std::unique_ptr<Agent>> make_maildir_agent(const Route& route, const std::string& hostname) {
  if (!route.path.starts_with('/')) return fail(Fault::kConfiguration, "a maildir route needs an absolute path");
  return std::make_unique<MaildirAgent>(route.path, hostname);
}

}  // namespace sealpost::delivery
