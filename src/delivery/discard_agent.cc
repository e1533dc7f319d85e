// The discard agent: a channel that says yes.
#include "delivery/discard_agent.h"

#include "delivery/own_reply.h"

namespace sealpost::delivery {

namespace {

class DiscardChannel : public Channel {
 public:
  net::Task<std::expected<void, smtp::Reply>> open() override { co_return std::expected<void, smtp::Reply>{}; }
  net::Task<TransactionResult> deliver(Transaction transaction) override {
    TransactionResult result;
    result.per_recipient.assign(transaction.envelope->recipients.size(), own_reply(250, {2, 0, 0}, "discarded"));
    result.is_final = true;
    result.is_in_our_words = true;
    co_return result;
  }
  bool is_reusable() const override { return true; }
  net::Task<> quit() override { co_return; }
  void close() noexcept override {}
};

class DiscardAgent : public Agent {
 public:
  std::unique_ptr<Channel> make_channel() override { return std::make_unique<DiscardChannel>(); }
};

}  // namespace

std::unique_ptr<Agent> make_discard_agent() { return std::make_unique<DiscardAgent>(); }

}  // namespace sealpost::delivery
