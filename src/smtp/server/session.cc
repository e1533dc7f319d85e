// The loop of the server session: one step at a time, everything the client may read in one Send (RFC 2920 §3.2).
#include "smtp/server/session.h"

#include <utility>

#include "base/assert.h"
#include "smtp/reply_catalogue.h"
#include "smtp/server/verbs.h"
#include "smtp/verb_table.h"

namespace sealpost::smtp::server {

namespace {

constexpr std::size_t kIdleOutputCapacityMax =
    512;  // octets kept by a session that waits; larger buffers are given back

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};

}  // namespace

Session::Session(const ServerOptions& options, std::optional<TlsFacts> tls, bool greets, SessionWatcher* watcher)
    : options_(options), watcher_(watcher), tls_(std::move(tls)) {
  // RFC 8314 §3.3: on the implicit TLS port nothing is said before the handshake.
  SEALPOST_ASSERT(options_.service != Service::kSubmissions || tls_, "the service submissions exists under TLS only");
  if (greets) say(catalogue::greeting(options_.hostname));
}

ServerStep Session::next() {
  SEALPOST_ASSERT(!is_asked_, "next() is called after the Ask was answered");
  if (is_output_sent_) {
    output_.clear();
    is_output_sent_ = false;
  }
  for (;;) {
    if (std::exchange(is_abandon_due_, false)) return Abandon{};
    if (close_reason_ || is_starting_tls_) {
      if (!output_.empty()) return send_step();
      if (close_reason_) return Close{*close_reason_};
      return StartTls{};
    }
    if (!std::holds_alternative<std::monostate>(question_)) return ask_step();
    if (output_.size() >= kOutputMax) return send_step();
    if (auto step = advance()) return *step;
  }
}

void Session::feed(std::string_view octets) {
  SEALPOST_ASSERT(octets.size() <= ServerSession::kInputMax, "input comes in pieces of at most kInputMax octets");
  input_.feed(octets);
}

void Session::answer(Answer answer) {
  SEALPOST_ASSERT(is_asked_, "an answer follows an Ask");
  is_asked_ = false;
  Question question = std::exchange(question_, std::monostate{});
  std::visit(Overloaded{
                 [](std::monostate) {},
                 [&](VerifyQuestion&) { auth_answered(*this, std::move(answer)); },
                 [&](SenderQuestion& asked) { mail_answered(*this, std::move(asked), std::move(answer)); },
                 [&](RecipientQuestion& asked) { rcpt_answered(*this, std::move(asked), std::move(answer)); },
                 [&](ContentQuestion& asked) {
                   if (asked.chunk)
                     bdat_answered(*this, *asked.chunk, std::move(answer));
                   else
                     data_answered(*this, std::move(answer));
                 },
                 [&](AcceptQuestion) { content_answered(*this, std::move(answer)); },
             },
             question);
}

void Session::refuse_content(Reply reply) {
  if (close_reason_) return;
  auto* transaction = std::get_if<Transaction>(&state_);
  SEALPOST_ASSERT(transaction != nullptr && transaction->is_receiving(), "content is refused while it is received");
  if (auto* data = std::get_if<ReceivingData>(&transaction->stage)) return skip_data(data->reader, std::move(reply));
  skip_chunk(std::get<ReceivingChunks>(transaction->stage).reader.remaining_octets(), std::move(reply));
}

void Session::shut_down(const Reply& reply) {
  if (close_reason_ || is_starting_tls_) return;
  question_ = std::monostate{};
  is_asked_ = false;
  end_transaction();
  close_reason_ = CloseReason::kShutdown;
  if (watcher_ != nullptr) watcher_->reply(reply);
  reply.append_to(output_);
}

bool Session::is_idle() const {
  return std::holds_alternative<Idle>(state_) && std::holds_alternative<std::monostate>(question_) &&
         input_.is_empty() && !lines_.is_in_line() && (output_.empty() || is_output_sent_) && !close_reason_ &&
         !is_starting_tls_;
}

bool Session::is_receiving_content() const {
  if (const auto* transaction = std::get_if<Transaction>(&state_)) return transaction->is_receiving();
  return std::holds_alternative<SkippingData>(state_);
}

void Session::say(const Reply& reply) {
  if (close_reason_) return;  // 421 or 221 was the last word
  if (watcher_ != nullptr) watcher_->reply(reply);
  reply.append_to(output_);
  if (reply.is_positive() || ++errors_ < options_.errors_max) return;
  const Reply& last = catalogue::too_many_errors();
  if (watcher_ != nullptr) watcher_->reply(last);
  last.append_to(output_);
  close(CloseReason::kTooManyErrors);
}

void Session::ask(Question question) { question_ = std::move(question); }

void Session::end_transaction() {
  if (const auto* transaction = std::get_if<Transaction>(&state_); transaction != nullptr && transaction->is_reserved)
    is_abandon_due_ = true;
  state_ = Idle{};
}

void Session::skip_data(DataReader reader, Reply reply) {
  end_transaction();
  state_ = SkippingData{reader, std::move(reply)};
}

void Session::skip_chunk(std::uint64_t size_octets, Reply reply) {
  end_transaction();
  state_ = SkippingChunk{ChunkSkipper(size_octets), std::move(reply)};
}

void Session::set_hello(std::string name, bool is_esmtp) {
  helo_ = std::move(name);
  is_esmtp_ = is_esmtp;
}

void Session::set_principal(Principal principal) { principal_.emplace(std::move(principal)); }

void Session::count_auth_failure() {
  if (++auth_failures_ < options_.auth_failures_max) return;
  say(catalogue::too_many_auth_failures());
  close(CloseReason::kTooManyErrors);
}

void Session::start_tls() {
  say(catalogue::starttls_go_ahead());
  is_starting_tls_ = true;
}

void Session::close(CloseReason reason) {
  if (close_reason_) return;
  end_transaction();
  close_reason_ = reason;
}

ServerStep Session::ask_step() {
  is_asked_ = true;
  return std::visit(
      Overloaded{
          [](std::monostate) -> ServerStep { std::unreachable(); },
          [](const VerifyQuestion& asked) -> ServerStep { return AskVerify{asked.mechanism, asked.credentials}; },
          [](const SenderQuestion& asked) -> ServerStep {
            return AskSender{asked.mail.reverse_path, asked.mail.parameters};
          },
          [this](const RecipientQuestion& asked) -> ServerStep {
            return AskRecipient{transaction().envelope, asked.recipient};
          },
          [this](const ContentQuestion&) -> ServerStep { return AskContent{transaction().envelope}; },
          [this](AcceptQuestion) -> ServerStep {
            transaction().is_reserved = false;  // from here on the content is in the hands of whoever answers
            return AskAccept{transaction().envelope};
          },
      },
      question_);
}

ServerStep Session::send_step() {
  is_output_sent_ = true;
  return Send{output_};
}

ServerStep Session::need_input() {
  if (!output_.empty()) return send_step();
  if (output_.capacity() > kIdleOutputCapacityMax) output_ = std::string();
  return NeedInput{};
}

std::optional<ServerStep> Session::advance() {
  return std::visit(Overloaded{
                        [this](Transaction& transaction) -> std::optional<ServerStep> {
                          if (auto* data = std::get_if<ReceivingData>(&transaction.stage))
                            return read_data(transaction, *data);
                          auto* chunks = std::get_if<ReceivingChunks>(&transaction.stage);
                          return chunks != nullptr && chunks->is_in_chunk ? read_chunk(transaction, *chunks)
                                                                          : read_line();
                        },
                        [this](SkippingData& skipping) { return skip(skipping); },
                        [this](SkippingChunk& skipping) { return skip(skipping); },
                        [this](const auto&) { return read_line(); },
                    },
                    state_);
}

std::optional<ServerStep> Session::read_line() {
  const bool is_response = std::holds_alternative<Authenticating>(state_);
  return std::visit(Overloaded{
                        [this](NeedMoreInput) -> std::optional<ServerStep> { return need_input(); },
                        [this](Line line) -> std::optional<ServerStep> { return take_line(line.text), std::nullopt; },
                        [this, is_response](LineTooLong) -> std::optional<ServerStep> {
                          // RFC 4954 §4: 500 ends the exchange.
                          if (is_response) end_transaction();
                          say(is_response ? catalogue::auth_line_too_long() : catalogue::line_too_long());
                          return std::nullopt;
                        },
                        [this](FramingFault fault) -> std::optional<ServerStep> {
                          fail_framing(fault, catalogue::framing_fault_in_command());
                          return std::nullopt;
                        },
                    },
                    lines_.next(input_, is_response ? kAuthLineMax : kCommandLineMax));
}

void Session::take_line(std::string_view line) {
  if (std::holds_alternative<Authenticating>(state_)) {
    if (watcher_ != nullptr) watcher_->command(line == "*" ? line : "***");
    return auth_response(*this, line);
  }
  const CommandLine command = parse_command_line(line);
  if (watcher_ != nullptr) show_command(line, command);
  is_after_auth_ = command.verb == Verb::kAuth;
  run_command(*this, command);
}

void Session::show_command(std::string_view line, const CommandLine& command) {
  if (command.verb == Verb::kAuth) {
    const std::size_t mechanism_end = command.argument.find(' ');
    if (mechanism_end == command.argument.npos) return watcher_->command(line);
    return watcher_->command("AUTH " + std::string(command.argument.substr(0, mechanism_end)) + " ***");
  }
  // A client that did not wait for the refusal of its AUTH goes on with its credentials: they are no command, and
  // nobody shall read them.
  watcher_->command(is_after_auth_ && command.verb == Verb::kUnknown ? "***" : line);
}

void Session::fail_framing(FramingFault fault, const Reply& reply) {
  switch (fault) {
    case FramingFault::kTlsRecord:
      say(catalogue::forbidden_protocol());
      return close(CloseReason::kTlsHandshake);
    case FramingFault::kEndlessLine:
      say(catalogue::line_too_long());
      break;
    case FramingFault::kBareCr:
    case FramingFault::kBareLf:
    case FramingFault::kNul:
      say(reply);
      break;
  }
  close(CloseReason::kFramingError);
}

}  // namespace sealpost::smtp::server
