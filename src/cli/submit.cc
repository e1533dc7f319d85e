// The client driver of `sealpost send`: one branch per step of smtp::ClientSession.
#include "cli/submit.h"

#include <array>
#include <charconv>

#include <fmt/format.h>

#include "cli/message_text.h"
#include "net/stream.h"

namespace sealpost::cli {

namespace {

constexpr std::size_t kContentPiece = 64 * 1024;

std::string queue_id_of(std::string_view reply) {
  constexpr std::string_view kMarker = "queued as ";
  const auto at = reply.find(kMarker);
  return at == reply.npos ? std::string() : std::string(reply.substr(at + kMarker.size()));
}

Submission summarize(const smtp::Outcome& outcome) {
  Submission submission;
  submission.is_accepted = !outcome.per_recipient.empty();
  for (const auto& reply : outcome.per_recipient) {
    submission.replies.push_back(reply.to_line());
    submission.is_accepted = submission.is_accepted && reply.is_positive();
    if (submission.queue_id.empty()) submission.queue_id = queue_id_of(reply.text);
  }
  return submission;
}

std::string closed_text(const smtp::ClientClosed& closed) {
  if (closed.reply) return fmt::format("the server refused: {}", closed.reply->to_line());
  return closed.text.empty() ? "the server closed the connection" : closed.text;
}

class Submitter {
 public:
  Submitter(const Server& server, const smtp::ClientOptions& options, const smtp::Envelope& envelope,
            const std::string& content, DialoguePrinter& printer)
      : server_(server),
        options_(options),
        mail_{&envelope, {content.size()}, has_8bit(content)},
        rest_(content),
        printer_(printer) {}

  net::Task<Result<Submission>> run();

 private:
  net::Task<Result<void>> secure();
  net::Task<Result<bool>> perform(smtp::ClientStep step);  // false: the session is over
  net::Task<Result<bool>> receive();
  void give_content();

  const Server& server_;
  const smtp::ClientOptions& options_;
  const smtp::Mail mail_;
  std::string_view rest_;
  DialoguePrinter& printer_;
  std::optional<net::ClientTlsContext> context_;
  std::optional<net::Stream> stream_;
  std::optional<TlsFacts> tls_;
  std::optional<smtp::ClientSession> session_;
  std::optional<Submission> submission_;
  bool is_begun_ = false;
  std::string failure_;
};

net::Task<Result<Submission>> Submitter::run() {
  const SteadyTime deadline = steady_now() + server_.timeout;
  auto context = net::ClientTlsContext::make({.ca_file = server_.ca_file, .verifies = server_.verifies});
  if (!context) co_return std::unexpected(std::move(context.error()));
  context_.emplace(std::move(*context));
  auto stream = co_await net::Stream::connect(server_.host, server_.port, deadline);
  if (!stream) co_return std::unexpected(std::move(stream.error()));
  stream_.emplace(std::move(*stream));
  stream_->expires_at(deadline);
  const net::PeerAddress peer = stream_->peer();
  printer_.note(fmt::format("connected to {} port {}", peer.ip, peer.port));
  if (server_.tls == SendTls::kImplicit) {
    auto secured = co_await secure();
    if (!secured) co_return std::unexpected(std::move(secured.error()));
  }
  session_.emplace(options_, tls_, &printer_);
  for (bool goes_on = true; goes_on;) {
    smtp::ClientStep step = session_->next();
    auto performed = co_await perform(std::move(step));
    if (!performed) co_return std::unexpected(std::move(performed.error()));
    goes_on = *performed;
  }
  co_await stream_->shut_down();
  if (submission_) co_return std::move(*submission_);
  co_return fail(Fault::kPeer, failure_);
}

net::Task<Result<void>> Submitter::secure() {
  auto facts =
      co_await stream_->connect_tls(*context_, server_.server_name.empty() ? server_.host : server_.server_name);
  if (!facts) {
    const net::PeerCertificate certificate = stream_->peer_certificate();
    if (certificate.is_present) printer_.note(fmt::format("TLS failed: {}", facts.error().text));
    co_return std::unexpected(std::move(facts.error()));
  }
  tls_ = std::move(*facts);
  printer_.tls(*tls_, stream_->peer_certificate(), wall_now());
  co_return Result<void>{};
}

net::Task<Result<bool>> Submitter::perform(smtp::ClientStep step) {
  if (std::holds_alternative<smtp::ClientNeedInput>(step)) co_return co_await receive();
  if (const auto* send = std::get_if<smtp::ClientSend>(&step)) {
    auto written = co_await stream_->write_all(send->octets);
    if (!written) co_return std::unexpected(std::move(written.error()));
  } else if (std::holds_alternative<smtp::ClientStartTls>(step)) {
    auto secured = co_await secure();
    if (!secured) co_return std::unexpected(std::move(secured.error()));
    session_->secured(*tls_);
  } else if (std::holds_alternative<smtp::ClientReady>(step)) {
    if (is_begun_) {
      session_->quit();
    } else {
      is_begun_ = true;
      session_->begin(mail_);
    }
  } else if (std::holds_alternative<smtp::ClientNeedContent>(step)) {
    give_content();
  } else if (const auto* done = std::get_if<smtp::ClientTransactionDone>(&step)) {
    submission_ = summarize(done->outcome);
    session_->quit();
  } else if (const auto* closed = std::get_if<smtp::ClientClosed>(&step)) {
    if (!submission_) failure_ = closed_text(*closed);
    co_return false;
  }
  co_return true;
}

void Submitter::give_content() {
  if (rest_.empty()) {
    printer_.end_of_content();
    session_->end_of_content();
    return;
  }
  const std::string_view piece = rest_.substr(0, kContentPiece);
  rest_.remove_prefix(piece.size());
  printer_.content(piece);
  session_->content(piece);
}

net::Task<Result<bool>> Submitter::receive() {
  std::array<char, 4096> buffer;
  auto size = co_await stream_->read_some(buffer);
  if (!size) co_return std::unexpected(std::move(size.error()));
  if (*size == 0) {
    if (submission_) co_return false;  // it closed instead of answering QUIT
    co_return fail(Fault::kPeer, "the server closed the connection in the middle of the session");
  }
  session_->feed({buffer.data(), *size});
  co_return true;
}

}  // namespace

Result<Server> parse_server(const std::string& text) {
  Server server;
  std::string_view host = text;
  std::string_view port;
  if (const auto bracket = host.find(']'); host.starts_with('[') && bracket != host.npos) {
    port = host.substr(bracket + 1);
    host = host.substr(1, bracket - 1);
    if (!port.empty() && !port.starts_with(':'))
      return fail(Fault::kConfiguration, fmt::format("\"{}\" is not HOST:PORT", text));
    if (!port.empty()) port.remove_prefix(1);
  } else if (const auto colon = host.find(':'); colon != host.npos && host.rfind(':') == colon) {
    port = host.substr(colon + 1);
    host = host.substr(0, colon);
  }
  if (host.empty()) return fail(Fault::kConfiguration, fmt::format("\"{}\" names no host", text));
  server.host = host;
  if (!port.empty()) {
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), server.port);
    if (error != std::errc{} || end != port.data() + port.size() || server.port == 0)
      return fail(Fault::kConfiguration, fmt::format("\"{}\" is no port number", port));
  }
  return server;
}

net::Task<Result<Submission>> submit(const Server& server, const smtp::ClientOptions& options,
                                     const smtp::Envelope& envelope, const std::string& content,
                                     DialoguePrinter& printer) {
  Submitter submitter(server, options, envelope, content, printer);
  co_return co_await submitter.run();
}

}  // namespace sealpost::cli
