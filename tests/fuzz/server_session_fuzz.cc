// links: smtp
// The server session fed with anything, twice, cut in two different ways: what it says, asks and accepts must be the
// same, every reply line must be one, reserved content must be accepted or abandoned once, and nobody gets anywhere
// without TLS and a login where they are required.
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>

#include "smtp/reply_catalogue.h"
#include "smtp/server_session.h"

namespace sealpost::smtp {
namespace {

constexpr char kGroupEnd = '\x1D';  // the client waits for the replies before it goes on
constexpr std::size_t kRefuseContentBehind = 16;

void require(bool condition, const char* sentence) {
  if (condition) return;
  std::fprintf(stderr, "broken: %s\n", sentence);
  std::abort();
}

/// The first octets of the input: what kind of server, and what the world says to each question.
struct Setting {
  static constexpr std::size_t kOctets = 8;
  ServerOptions options;
  bool refuses_content_midway = false;
  std::uint32_t refusals = 0;  // one bit per question, in turn

  explicit Setting(const std::uint8_t* octets) {
    static constexpr std::array kServices = {Service::kSubmissions, Service::kSubmission, Service::kSmtp};
    options.service = kServices.at(octets[0] % 3U);
    options.hostname = "mail.example.com";
    options.may_auth_without_tls = (octets[1] & 1) != 0;
    options.is_starttls_available = (octets[1] & 2) == 0;
    refuses_content_midway = (octets[1] & 4) != 0;
    // Not both: which of two refusals comes first depends on how large the pieces are.
    if ((octets[1] & 8) != 0 && !refuses_content_midway) options.size_max = {24};
    options.recipients_max = 1 + octets[2] % 4U;
    options.errors_max = 1 + octets[3] % 16U;
    options.auth_failures_max = 1 + octets[3] / 64U;
    for (std::size_t i = 4; i < kOctets; ++i) refusals = refusals << 8 | octets[i];
  }
};

class Play {
 public:
  explicit Play(const Setting& setting) : setting_(setting) {
    std::optional<TlsFacts> tls;
    if (setting.options.service == Service::kSubmissions) tls = TlsFactsForTest::make();
    begin(std::move(tls), true);
  }

  void run(std::string_view dialogue, std::uint32_t seed) {
    std::minstd_rand random(seed);
    step_through({}, random);
    while (!dialogue.empty() && session_ != nullptr) {
      const std::string_view group = dialogue.substr(0, dialogue.find(kGroupEnd));
      dialogue.remove_prefix(std::min(group.size() + 1, dialogue.size()));
      step_through(group, random);
    }
  }

  std::string said;    // by the server
  std::string events;  // questions, and what became of messages
  std::string end;

 private:
  void begin(std::optional<TlsFacts> tls, bool greets) {
    is_reserved_ = false;
    session_ = std::make_unique<ServerSession>(setting_.options, std::move(tls), greets);
  }

  void step_through(std::string_view group, std::minstd_rand& random) {
    while (session_ != nullptr) {
      const ServerStep step = session_->next();
      if (std::holds_alternative<NeedInput>(step)) {
        piece_.reset();
        if (group.empty()) return;
        const std::size_t size = std::min<std::size_t>(group.size(), 1 + random() % (1U << random() % 12));
        piece_ = std::make_unique<char[]>(size);
        group.copy(piece_.get(), size);
        group.remove_prefix(size);
        session_->feed({piece_.get(), size});
      } else if (std::holds_alternative<StartTls>(step)) {
        require(!session_->tls(), "STARTTLS within TLS");
        if (!group.empty()) return finish("injection");  // it would reach the handshake
        begin(TlsFactsForTest::make(), false);
      } else if (const auto* close = std::get_if<Close>(&step)) {
        return finish(close->reason == CloseReason::kInjection
                          ? "injection"
                          : "closed " + std::to_string(static_cast<int>(close->reason)));
      } else {
        act(step);
      }
    }
  }

  void finish(std::string how) {
    end = std::move(how);
    session_.reset();
    // Whether the go-ahead was said depends on whether the octets behind STARTTLS were there yet.
    const std::string go_ahead = catalogue::starttls_go_ahead().to_line() + "\r\n";
    if (end == "injection" && said.ends_with(go_ahead)) said.resize(said.size() - go_ahead.size());
  }

  void act(const ServerStep& step) {
    if (const auto* send = std::get_if<Send>(&step)) {
      require(!send->octets.empty(), "an empty Send");
      check_lines(send->octets);
      said.append(send->octets);
    } else if (const auto* content = std::get_if<Content>(&step)) {
      take_content(content->octets);
    } else if (std::holds_alternative<Abandon>(step)) {
      require(is_reserved_, "Abandon without a reservation");
      is_reserved_ = false;
      events += "abandoned;";
    } else {
      session_->answer(answer_to(step));
    }
  }

  static void check_lines(std::string_view octets) {
    while (!octets.empty()) {
      const std::size_t end = octets.find("\r\n");
      require(end != octets.npos && end >= 4 && end <= 510, "a reply line without end, or too long");
      const std::string_view line = octets.substr(0, end);
      require(line.find_first_of(std::string_view("\r\n\0", 3)) == line.npos, "a control octet within a reply line");
      require(line[0] >= '2' && line[0] <= '5' && (line[3] == ' ' || line[3] == '-'), "no reply line");
      octets.remove_prefix(end + 2);
    }
  }

  void take_content(std::string_view octets) {
    require(is_reserved_ && !is_refused_, "content that nobody waits for");
    content_.append(octets);
    if (!setting_.refuses_content_midway || content_.size() <= kRefuseContentBehind) return;
    is_refused_ = true;
    session_->refuse_content(catalogue::insufficient_storage());
  }

  void check_content() const {
    require(content_.empty() || content_.ends_with("\r\n"), "content whose last line has no end");
    for (std::size_t i = 0; i < content_.size(); ++i) {
      require(content_[i] != '\0', "NUL in content");
      require(content_[i] != '\n' || (i > 0 && content_[i - 1] == '\r'), "a bare LF in content");
      require(content_[i] != '\r' || (i + 1 < content_.size() && content_[i + 1] == '\n'), "a bare CR in content");
    }
  }

  Answer answer_to(const ServerStep& step) {
    const bool refuses = (setting_.refusals >> (questions_++ % 32) & 1) != 0;
    if (const auto* verify = std::get_if<AskVerify>(&step)) return verified(*verify, refuses);
    require(setting_.options.service == Service::kSmtp || session_->principal(), "a transaction without a login");
    if (const auto* sender = std::get_if<AskSender>(&step)) {
      require(!is_reserved_, "a transaction within a transaction");
      events += "sender " + to_path(sender->reverse_path) + ";";
    } else if (const auto* recipient = std::get_if<AskRecipient>(&step)) {
      require(recipient->envelope.recipients.size() < setting_.options.recipients_max, "too many recipients");
      events += "recipient " + to_path(recipient->recipient.forward_path) + ";";
    } else if (const auto* reserve = std::get_if<AskContent>(&step)) {
      require(!is_reserved_ && !reserve->envelope.recipients.empty(), "content reserved twice, or for nobody");
      events += "content;";
      is_reserved_ = !refuses;
      is_refused_ = false;
      content_.clear();
    } else if (std::holds_alternative<AskAccept>(step)) {
      require(is_reserved_ && !is_refused_, "a message accepted that was not kept");
      is_reserved_ = false;
      check_content();
      events += "accept " + content_ + ";";
      if (!refuses) return Queued{{questions_}};
    }
    if (refuses) return catalogue::policy_refused();
    return Allowed{};
  }

  Answer verified(const AskVerify& verify, bool refuses) {
    require(session_->tls() || setting_.options.may_auth_without_tls, "a login in clear");
    require(!session_->principal(), "a second login");
    require(!verify.credentials.authcid.empty() && !verify.credentials.password.empty(), "empty credentials");
    events += "verify " + verify.credentials.authcid + ";";
    if (refuses) return catalogue::auth_failed();
    return Verified{PrincipalForTest::make(verify.credentials.authcid)};
  }

  const Setting& setting_;
  std::unique_ptr<ServerSession> session_;
  std::unique_ptr<char[]> piece_;
  std::string content_;
  bool is_reserved_ = false;
  bool is_refused_ = false;
  std::size_t questions_ = 0;
};

}  // namespace
}  // namespace sealpost::smtp

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sealpost::smtp;
  if (size < Setting::kOctets + 1) return 0;
  const Setting setting(data);
  const std::string dialogue(reinterpret_cast<const char*>(data) + Setting::kOctets, size - Setting::kOctets);
  Play first(setting);
  first.run(dialogue, 1);
  Play second(setting);
  second.run(dialogue, 2U + data[Setting::kOctets]);
  require(first.said == second.said, "the replies depend on how the input was cut");
  require(first.events == second.events, "the questions depend on how the input was cut");
  require(first.end == second.end, "the end depends on how the input was cut");
  return 0;
}
