// LoadWorker: one thread of the load generator: an epoll, a share of the connections, one ClientSession on each. When a
// session is over its slot begins the next one, until the run's sessions or its time are used up.
// Survives the death of the server: a broken connection is counted and, when asked, opened again.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "channel.h"
#include "client_session.h"
#include "load_tally.h"
#include "message_source.h"

namespace sealpost::bench {

class LoadWorker : public SessionOwner {
 public:
  LoadWorker(const LoadSettings& settings, LoadRun& run, std::uint64_t run_id, std::uint32_t slots);

  /// Returns when every slot is done.
  void run();
  const LoadTally& tally() const { return tally_; }

  bool may_send() override;
  std::uint64_t append_message(std::string& output) override;
  std::size_t message_size_bytes() const override { return source_.size_bytes(); }
  void accepted(std::uint64_t message, std::string_view reply) override;
  void refused(std::string kind) override;

 private:
  enum class SlotState { kUnused, kConnecting, kOpen, kRetrying, kDone };
  struct Slot {
    SlotState state = SlotState::kUnused;
    std::unique_ptr<Channel> channel;
    std::unique_ptr<ClientSession> session;
    bool is_handshake_counted = false;
    bool is_ready_counted = false;
    bool is_end_of_data_sent = false;
    SteadyTime began;
    SteadyTime progressed;
    SteadyTime end_of_data;
    SteadyTime retry_at;
  };

  bool is_stopping() const;
  bool is_measured(SteadyTime time) const { return time >= run_.measured_from && time < run_.measured_to; }
  void begin(Slot& slot);
  void handle(std::size_t index, std::uint32_t events);
  void progress(Slot& slot);
  void note_handshake(Slot& slot);
  void flush(Slot& slot);
  void end_session(Slot& slot);
  void broken(Slot& slot, std::string kind);
  void close_slot(Slot& slot);
  void next_or_done(Slot& slot, bool was_broken);
  void register_slot(Slot& slot, std::uint32_t events);
  void tick();
  void tick_idle();
  void write_ledger();

  const LoadSettings& settings_;
  LoadRun& run_;
  MessageSource source_;
  ClientTls tls_;
  Descriptor epoll_;
  std::vector<Slot> slots_;
  Slot* current_ = nullptr;  // whose session is being advanced
  std::size_t done_ = 0;
  std::size_t opening_ = 0;  // with --idle: connections not ready yet
  SteadyTime now_;
  SteadyTime next_tick_;
  SteadyTime hold_until_{};
  std::string ledger_lines_;
  LoadTally tally_;
};

}  // namespace sealpost::bench
