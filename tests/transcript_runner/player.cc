// Walks over the lines of a transcript beside a conversation.
#include "player.h"

#include <algorithm>
#include <array>
#include <deque>
#include <utility>

#include <fmt/format.h>

namespace sealpost::transcript_runner {

namespace {

using smtp::TranscriptStep;
using Kind = TranscriptStep::Kind;
using State = Conversation::State;

constexpr std::size_t kReplyLineMax = 512;  // RFC 5321 §4.5.3.1.5, CRLF included

std::string_view name_of(smtp::CloseReason reason) {
  static constexpr std::array<std::string_view, 7> kNames = {"quit",    "errors",    "forbidden", "tls",
                                                             "framing", "injection", "shutdown"};
  return kNames.at(static_cast<std::size_t>(reason));
}

/// "250-…" or "250 …", printable, no line end inside.
bool is_reply_line(std::string_view line) {
  return line.size() >= 4 && line.size() + 2 <= kReplyLineMax && line[0] >= '2' && line[0] <= '5' && line[1] >= '0' &&
         line[1] <= '5' && line[2] >= '0' && line[2] <= '9' && (line[3] == ' ' || line[3] == '-') &&
         std::ranges::all_of(line, [](char c) { return static_cast<unsigned char>(c) >= ' ' && c != '\x7F'; });
}

class Player {
 public:
  Player(const smtp::Transcript& transcript, ScriptedWorld& world, Cut cut, std::size_t steps_max)
      : transcript_(transcript), world_(world), conversation_(world, std::move(cut), steps_max) {}

  Outcome play() {
    conversation_.greet();
    const auto& steps = transcript_.steps;
    for (std::size_t i = 0; i < steps.size() && !is_over(); ++i) {
      line_ = steps[i].line;
      if (steps[i].kind == Kind::kClient) {
        std::string octets = steps[i].text;
        while (i + 1 < steps.size() && steps[i + 1].kind == Kind::kClient) octets += steps[++i].text;
        send(octets);
      } else {
        check(steps[i]);
      }
    }
    if (!is_over()) finish();
    const bool was_cut_off = conversation_.state() == State::kCutOff;
    if (was_cut_off) found_.reset();
    if (!world_.breach().empty()) found_ = {line_, "the session broke its contract: " + world_.breach()};
    return {std::move(found_), was_cut_off};
  }

 private:
  bool is_over() const { return found_ || conversation_.state() == State::kCutOff || is_choked_; }

  void disagree(std::string text) { found_ = {line_, std::move(text)}; }

  void send(std::string_view octets) {
    expect_silence();
    if (is_over()) return;
    if (conversation_.state() != State::kOpen)
      return disagree("the client speaks, but the server is not listening any more");
    conversation_.send(octets);
    // Only in one write can the octets behind STARTTLS be seen by the session; in pieces they reach the handshake,
    // which fails on them.
    is_choked_ = conversation_.has_octets_behind_starttls() && expects_injection();
    collect();
  }

  bool expects_injection() const {
    return std::ranges::any_of(transcript_.steps,
                               [](const auto& step) { return step.kind == Kind::kClosed && step.text == "injection"; });
  }

  void collect() {
    std::string output = conversation_.take_output();
    for (std::string_view rest = output; !rest.empty() && !found_;) {
      const std::size_t end = rest.find("\r\n");
      if (end == rest.npos || !is_reply_line(rest.substr(0, end)))
        return disagree("the server sent what is no reply line: " + smtp::escape_for_transcript(rest));
      said_.emplace_back(rest.substr(0, end));
      rest.remove_prefix(end + 2);
    }
  }

  void expect_silence() {
    collect();
    if (!found_ && !said_.empty())
      disagree("the server says more than expected: " + smtp::escape_for_transcript(said_.front()));
  }

  void check(const TranscriptStep& step) {
    collect();
    if (is_over()) return;
    switch (step.kind) {
      case Kind::kServer:
        return check_line(step);
      case Kind::kTls:
        expect_silence();
        if (conversation_.state() != State::kStartTls) return disagree("the server does not begin a handshake");
        conversation_.secure();
        return conversation_.greet();
      case Kind::kClosed: {
        expect_silence();
        if (found_) return;
        if (conversation_.state() != State::kClosed) return disagree("the server does not close the connection");
        const std::string_view reason = name_of(conversation_.close_reason());
        if (!step.text.empty() && step.text != reason)
          return disagree(fmt::format("the server closes for the reason \"{}\"", reason));
        is_close_expected_ = true;
        return;
      }
      case Kind::kExpect:
        return check_event(step.text);
      case Kind::kClient:
        return;
    }
  }

  void check_line(const TranscriptStep& step) {
    using Match = TranscriptStep::Match;
    const std::string rest = step.match == Match::kPrefix ? "*" : step.match == Match::kReply ? " ..." : "";
    const std::string expected = smtp::escape_for_transcript(step.text) + rest;
    for (bool is_more = true; is_more; said_.pop_front()) {
      if (said_.empty()) return disagree(fmt::format("expected: {}\n      but the server says nothing", expected));
      const std::string& line = said_.front();
      if (!step.matches(line))
        return disagree(fmt::format("expected: {}\n           got: {}", expected, smtp::escape_for_transcript(line)));
      is_more = step.match == Match::kReply && line[3] == '-';
    }
  }

  void check_event(std::string_view expected) {
    has_expectations_ = true;
    const auto& events = world_.events();
    if (expected == "nothing") {
      if (events_seen_ != events.size()) disagree("expected nothing, but: " + events[events_seen_]);
      return;
    }
    if (events_seen_ == events.size())
      return disagree(fmt::format("expected: {}\n      but nothing happened", expected));
    if (events[events_seen_] != expected)
      return disagree(fmt::format("expected: {}\n           got: {}", expected, events[events_seen_]));
    ++events_seen_;
  }

  void finish() {
    expect_silence();
    if (found_) return;
    if (conversation_.state() == State::kStartTls) return disagree("the server waits for a handshake");
    if (conversation_.state() == State::kClosed && !is_close_expected_ &&
        conversation_.close_reason() != smtp::CloseReason::kQuit)
      return disagree("the server has closed the connection");
    if (has_expectations_ && events_seen_ != world_.events().size())
      disagree("this happened unexpectedly: " + world_.events()[events_seen_]);
  }

  const smtp::Transcript& transcript_;
  ScriptedWorld& world_;
  Conversation conversation_;
  std::deque<std::string> said_;  // lines of the server that no S: line has matched yet
  std::size_t line_ = 0;
  std::size_t events_seen_ = 0;
  bool has_expectations_ = false;
  bool is_close_expected_ = false;
  bool is_choked_ = false;
  std::optional<Disagreement> found_;
};

}  // namespace

Outcome play(const smtp::Transcript& transcript, ScriptedWorld world, Cut cut, std::size_t steps_max) {
  return Player(transcript, world, std::move(cut), steps_max).play();
}

}  // namespace sealpost::transcript_runner
