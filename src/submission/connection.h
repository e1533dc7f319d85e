// One client connection: the loop that drives smtp::ServerSession over net::Stream. It reads, writes, waits and asks
// the decider; it knows no protocol. RFC 8314 §3.3: on the service submissions TLS comes before the first octet of
// SMTP.
#pragma once
#include <optional>
#include <string>

#include "net/stream.h"
#include "smtp/server_session.h"
#include "submission/decider.h"
#include "submission/options.h"
#include "submission/read_buffer.h"

namespace sealpost::submission {

class Connection : smtp::SessionWatcher {
 public:
  Connection(net::Stream stream, const ListenerOptions& listener, const Limits& limits, const Services& services,
             std::string id);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Until the connection is closed, by either side or by a deadline.
  net::Task<> run();

  /// The server is stopping: an idle session hears 421 4.3.2 now, a busy one finishes its transaction first.
  /// At `deadline` every wait of this connection ends; nothing acknowledged is lost by it.
  void drain(SteadyTime deadline);

 private:
  enum class Flow { kGoOn, kEnd };

  net::Task<bool> begin_tls();
  /// Steps that need no waiting; false for the others.
  bool perform_at_once(const smtp::ServerStep& step);
  net::Task<Flow> perform(smtp::ServerStep step);
  net::Task<Flow> write(std::string_view octets);
  net::Task<Flow> read_more();
  net::Task<Flow> start_tls();
  Flow give_up(const Error& error);
  void expires_at(SteadyTime deadline);
  void extend_content_deadline(std::size_t octets);
  void log_closed();

  smtp::SessionWatcher* watcher() { return this; }
  void command(std::string_view line) override;
  void reply(const smtp::Reply& reply) override;

  net::Stream stream_;
  const ListenerOptions& listener_;
  const Limits& limits_;
  const std::string id_;
  const net::PeerAddress peer_;
  Decider decider_;
  std::optional<smtp::ServerSession> session_;
  ReadBuffer buffer_;
  std::string last_command_;  // what the next refusal is about; for the log only
  const char* close_reason_ = "the client closed the connection";
  SteadyTime deadline_;  // of what is waited for now
  SteadyTime content_deadline_;
  bool is_in_command_ = false;  // the deadline of the current command is set
  SteadyTime drain_deadline_ = SteadyTime::max();
  bool is_draining_ = false;
  bool is_waiting_for_input_ = false;
};

}  // namespace sealpost::submission
