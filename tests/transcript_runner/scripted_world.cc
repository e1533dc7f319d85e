// Reads the set-up of a transcript and answers by it.
#include "scripted_world.h"

#include <array>
#include <charconv>

#include <fmt/format.h>

namespace sealpost::transcript_runner {

namespace {

std::unexpected<Error> bad(std::string text) { return fail(Fault::kConfiguration, std::move(text)); }

/// Cuts the first word off `text`.
std::string_view word(std::string_view& text) {
  const std::size_t end = std::min(text.find(' '), text.size());
  const std::string_view first = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return first;
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// "550 5.1.1 No such user"
std::optional<smtp::Reply> reply_of(std::string_view text) {
  smtp::Reply reply;
  const auto code = number(word(text));
  std::string_view enhanced = word(text);
  if (!code || *code < 400 || *code > 599 || enhanced.empty() || text.empty()) return std::nullopt;
  std::array<std::uint64_t, 3> parts{};
  for (auto& part : parts) {
    const std::size_t end = std::min(enhanced.find('.'), enhanced.size());
    const auto value = number(enhanced.substr(0, end));
    if (!value || *value > 999) return std::nullopt;
    part = *value;
    enhanced.remove_prefix(std::min(end + 1, enhanced.size()));
  }
  reply.code = static_cast<std::uint16_t>(*code);
  reply.enhanced_code = {static_cast<std::uint8_t>(parts[0]), static_cast<std::uint16_t>(parts[1]),
                         static_cast<std::uint16_t>(parts[2])};
  reply.text = text;
  return reply;
}

smtp::Reply refused(std::uint16_t code, smtp::EnhancedCode enhanced, std::string text) {
  return {code, enhanced, std::move(text)};
}

}  // namespace

Result<ScriptedWorld> ScriptedWorld::from(const std::vector<smtp::TranscriptGiven>& givens) {
  ScriptedWorld world;
  world.options_.hostname = "mail.example.com";
  for (const auto& given : givens)
    if (auto done = world.read(given.text); !done)
      return std::unexpected(std::move(done.error()).in(fmt::format("line {}", given.line)));
  return world;
}

Result<void> ScriptedWorld::read(std::string_view given) {
  std::string_view rest = given;
  const std::string_view key = word(rest);
  if (key == "service") return read_service(rest);
  if (key == "refuse") return read_refusal(rest);
  if (key == "hostname") return options_.hostname = rest, Result<void>{};
  if (key == "user") {
    const std::string_view name = word(rest);
    auto password = smtp::expand_transcript_escapes(rest);
    if (!password) return std::unexpected(password.error());
    return users_.emplace(name, std::move(*password)), Result<void>{};
  }
  if (key == "mechanisms") {
    options_.mechanisms.clear();
    while (!rest.empty()) options_.mechanisms.emplace_back(word(rest));
    return {};
  }
  if (key == "local" && word(rest) == "domain") return local_domain_ = rest, Result<void>{};
  if (given == "no certificate") return options_.is_starttls_available = false, Result<void>{};
  if (given == "auth without tls") return options_.may_auth_without_tls = true, Result<void>{};
  if (const auto count = number(rest)) {
    if (key == "size_max") return options_.size_max = Bytes{*count}, Result<void>{};
    if (key == "recipients_max") return options_.recipients_max = *count, Result<void>{};
    if (key == "errors_max") return options_.errors_max = *count, Result<void>{};
    if (key == "auth_failures_max") return options_.auth_failures_max = *count, Result<void>{};
  }
  return bad(fmt::format("unknown set-up \"{}\"", given));
}

Result<void> ScriptedWorld::read_service(std::string_view name) {
  if (name == "submissions")
    options_.service = smtp::Service::kSubmissions;
  else if (name == "submission")
    options_.service = smtp::Service::kSubmission;
  else if (name == "smtp")
    options_.service = smtp::Service::kSmtp;
  else
    return bad(fmt::format("there is no service \"{}\"", name));
  return {};
}

/// "sender <a> REPLY", "recipient <a> REPLY", "login REPLY", "content REPLY", "message REPLY", "after OCTETS REPLY".
Result<void> ScriptedWorld::read_refusal(std::string_view text) {
  const std::string_view what = word(text);
  std::string_view path;
  if (what == "sender" || what == "recipient") path = word(text);
  if (what == "after") {
    const auto room = number(word(text));
    if (!room) return bad("\"refuse after\" wants a number of octets");
    content_room_ = *room;
  }
  const auto reply = reply_of(text);
  if (!reply) return bad("a refusal ends in a reply such as \"550 5.1.1 No such user\"");
  if (what == "sender")
    refused_senders_.emplace(path, *reply);
  else if (what == "recipient")
    refused_recipients_.emplace(path, *reply);
  else if (what == "login")
    broken_verifier_ = reply;
  else if (what == "content")
    refused_content_ = reply;
  else if (what == "message")
    refused_message_ = reply;
  else if (what == "after")
    refused_midway_ = reply;
  else
    return bad(fmt::format("nothing is called \"{}\" that could be refused", what));
  return {};
}

void ScriptedWorld::blame(std::string_view sentence) {
  if (breach_.empty()) breach_ = sentence;
}

smtp::Answer ScriptedWorld::answer(const smtp::AskVerify& ask) {
  if (ask.credentials.authcid.empty() || ask.credentials.password.empty())
    blame("empty credentials reached the back end");
  if (broken_verifier_) return *broken_verifier_;
  const auto user = users_.find(ask.credentials.authcid);
  if (user == users_.end() || user->second != ask.credentials.password.reveal())
    return refused(535, {5, 7, 8}, "Authentication credentials invalid");
  return smtp::Verified{PrincipalForTest::make(user->first)};
}

smtp::Answer ScriptedWorld::answer(const smtp::AskSender& ask) {
  if (is_reserved_) blame("a transaction begins while content is still reserved");
  const auto refusal = refused_senders_.find(smtp::to_path(ask.reverse_path));
  if (refusal != refused_senders_.end()) return refusal->second;
  return smtp::Allowed{};
}

smtp::Answer ScriptedWorld::answer(const smtp::AskRecipient& ask) {
  if (is_reserved_) blame("a recipient is added while content is already reserved");
  const auto& mailbox = ask.recipient.forward_path;
  const auto refusal = refused_recipients_.find(smtp::to_path(mailbox));
  if (refusal != refused_recipients_.end()) return refusal->second;
  if (options_.service == smtp::Service::kSmtp && !mailbox.domain().equals(local_domain_))
    return refused(550, {5, 7, 1}, "Relay access denied");
  return smtp::Allowed{};
}

smtp::Answer ScriptedWorld::answer(const smtp::AskContent& ask) {
  if (is_reserved_) blame("content is reserved twice");
  if (ask.envelope.recipients.empty()) blame("content is reserved for a message without recipients");
  if (refused_content_) return *refused_content_;
  is_reserved_ = true;
  has_refused_midway_ = false;
  content_.clear();
  return smtp::Allowed{};
}

std::optional<smtp::Reply> ScriptedWorld::content(std::string_view octets) {
  if (!is_reserved_) blame("content arrives that was not reserved");
  if (has_refused_midway_) blame("content arrives after it was refused");
  content_.append(octets);
  if (!refused_midway_ || content_.size() <= content_room_) return std::nullopt;
  has_refused_midway_ = true;
  return refused_midway_;
}

smtp::Answer ScriptedWorld::answer(const smtp::AskAccept& ask) {
  if (!is_reserved_) blame("a message is to be accepted that was not reserved");
  is_reserved_ = false;
  if (refused_message_) return *refused_message_;
  const smtp::Envelope envelope = std::move(ask.envelope);
  std::string event = "accepted from " + smtp::to_path(envelope.reverse_path) + " to";
  for (const auto& recipient : envelope.recipients) event += " " + smtp::to_path(recipient.forward_path);
  event += " content";
  if (!content_.empty()) event += " " + smtp::escape_for_transcript(content_);
  events_.push_back(std::move(event));
  return smtp::Queued{{++queue_id_}};
}

void ScriptedWorld::abandon() {
  if (!is_reserved_) blame("content is abandoned that was not reserved");
  is_reserved_ = false;
  events_.emplace_back("abandoned");
}

}  // namespace sealpost::transcript_runner
