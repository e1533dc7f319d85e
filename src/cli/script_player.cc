// The transcript player: raw lines over net::Stream, no session of ours in between, so that a wrong server cannot hide
// behind a clever client.
#include "cli/script_player.h"

#include <array>
#include <optional>

#include <fmt/format.h>

#include "cli/cli.h"
#include "net/stream.h"
#include "net/task_group.h"
#include "smtp/transcript.h"

namespace sealpost::cli {

namespace {

constexpr std::size_t kServerLineMax = 4096;

class Player {
 public:
  Player(const Server& server, const smtp::Transcript& transcript) : server_(server), transcript_(transcript) {}

  /// Nothing when all was as written; otherwise what differed, "line 12: …".
  net::Task<std::optional<std::string>> run();

 private:
  net::Task<std::optional<std::string>> play(const smtp::TranscriptStep& step);
  net::Task<std::optional<std::string>> send(std::size_t first, std::size_t last);
  net::Task<std::optional<std::string>> expect(const smtp::TranscriptStep& step);
  /// What the server said without being asked, as far as it has arrived.
  std::optional<std::string> unexpected() const;
  net::Task<std::optional<std::string>> secure();
  net::Task<Result<std::optional<std::string>>> read_line();  // nothing at the end of the connection

  const Server& server_;
  const smtp::Transcript& transcript_;
  DialoguePrinter printer_{{}};
  std::optional<net::ClientTlsContext> context_;
  std::optional<net::Stream> stream_;
  std::string input_;
};

net::Task<std::optional<std::string>> Player::run() {
  auto context = net::ClientTlsContext::make({.ca_file = server_.ca_file, .verifies = server_.verifies});
  if (!context) co_return context.error().text;
  context_.emplace(std::move(*context));
  const SteadyTime deadline = steady_now() + server_.timeout;
  auto stream = co_await net::Stream::connect(server_.host, server_.port, deadline);
  if (!stream) co_return stream.error().text;
  stream_.emplace(std::move(*stream));
  stream_->expires_at(deadline);
  if (server_.tls == SendTls::kImplicit) {
    if (auto problem = co_await secure()) co_return problem;
  }
  using Kind = smtp::TranscriptStep::Kind;
  const auto& steps = transcript_.steps;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    std::optional<std::string> problem;
    const std::size_t line = steps[i].line;
    if (steps[i].kind == Kind::kClient) {
      const std::size_t first = i;
      while (i + 1 < steps.size() && steps[i + 1].kind == Kind::kClient) ++i;
      problem = co_await send(first, i + 1);
    } else {
      problem = co_await play(steps[i]);
    }
    if (problem) co_return fmt::format("line {}: {}", line, *problem);
  }
  if (auto problem = unexpected()) co_return fmt::format("behind the last line: {}", *problem);
  co_await stream_->shut_down();
  co_return std::nullopt;
}

net::Task<std::optional<std::string>> Player::secure() {
  if (stream_->is_secure()) co_return std::nullopt;
  auto facts =
      co_await stream_->connect_tls(*context_, server_.server_name.empty() ? server_.host : server_.server_name);
  if (!facts) co_return facts.error().text;
  printer_.tls(*facts, stream_->peer_certificate(), wall_now());
  co_return std::nullopt;
}

net::Task<std::optional<std::string>> Player::play(const smtp::TranscriptStep& step) {
  using Kind = smtp::TranscriptStep::Kind;
  if (step.kind == Kind::kTls) {
    if (auto problem = unexpected()) co_return problem;
    co_return co_await secure();
  } else if (step.kind == Kind::kClosed) {
    auto line = co_await read_line();
    if (!line) co_return line.error().text;
    if (*line) co_return fmt::format("the server should have closed the connection, but said \"{}\"", **line);
    printer_.note("closed");
  } else if (step.kind == Kind::kServer) {
    co_return co_await expect(step);
  }
  co_return std::nullopt;
}

// Client lines that follow each other are one write, a pipelined group: octets behind STARTTLS must be there when the
// server looks.
net::Task<std::optional<std::string>> Player::send(std::size_t first, std::size_t last) {
  if (auto problem = unexpected()) co_return problem;
  std::string octets;
  for (std::size_t i = first; i < last; ++i) {
    std::string_view shown = transcript_.steps[i].text;
    octets.append(shown);
    if (shown.ends_with("\r\n")) shown.remove_suffix(2);
    printer_.sent(shown);
  }
  auto written = co_await stream_->write_all(octets);
  if (!written) co_return written.error().text;
  co_return std::nullopt;
}

std::optional<std::string> Player::unexpected() const {
  if (input_.empty()) return std::nullopt;
  return fmt::format("the server says more than expected: \"{}\"",
                     smtp::escape_for_transcript(std::string_view(input_).substr(0, input_.find("\r\n"))));
}

net::Task<std::optional<std::string>> Player::expect(const smtp::TranscriptStep& step) {
  using Match = smtp::TranscriptStep::Match;
  for (bool goes_on = true; goes_on;) {
    auto line = co_await read_line();
    if (!line) co_return line.error().text;
    if (!*line) co_return fmt::format("expected \"{}\", but the server closed the connection", step.text);
    const std::string& said = **line;
    printer_.received(said);
    if (!step.matches(said)) co_return fmt::format("expected \"{}\", but the server said \"{}\"", step.text, said);
    goes_on = step.match == Match::kReply && said.size() > 3 && said[3] == '-';
  }
  co_return std::nullopt;
}

net::Task<Result<std::optional<std::string>>> Player::read_line() {
  for (;;) {
    if (const auto end = input_.find("\r\n"); end != input_.npos) {
      std::string line = input_.substr(0, end);
      input_.erase(0, end + 2);
      co_return std::optional<std::string>(std::move(line));
    }
    if (input_.size() > kServerLineMax) co_return fail(Fault::kPeer, "the server sent a line without end");
    std::array<char, 4096> buffer;
    auto size = co_await stream_->read_some(buffer);
    if (!size) co_return std::unexpected(std::move(size.error()));
    if (*size == 0) co_return std::optional<std::string>();
    input_.append(buffer.data(), *size);
  }
}

net::Task<> run_player(const Server& server, const smtp::Transcript& transcript, std::optional<std::string>& problem) {
  Player player(server, transcript);
  problem = co_await player.run();
}

}  // namespace

int play_script(const Server& server, const std::string& file_name, std::string_view script) {
  const auto transcript = smtp::parse_transcript(script);
  if (!transcript) {
    fmt::print(stderr, "sealpost send: {}: {}\n", file_name, transcript.error().text);
    return kFailed;
  }
  if (!transcript->givens.empty())
    fmt::print(stderr, "sealpost send: {}:{}: \"given:\" lines are not arranged here; the server must be set up so\n",
               file_name, transcript->givens.front().line);
  std::optional<std::string> problem;
  net::asio::io_context context(1);
  {
    net::TaskGroup tasks(context);
    tasks.spawn("script", run_player(server, *transcript, problem));
    context.run();
  }
  if (!problem) return kDone;
  fmt::print(stderr, "sealpost send: {}: {}\n", file_name, *problem);
  return kFailed;
}

}  // namespace sealpost::cli
