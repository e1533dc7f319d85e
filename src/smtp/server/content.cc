// Content on its way through the session: DATA (RFC 5321 §4.1.1.4) and BDAT (RFC 3030 §2), passed on as views or
// skipped, and the end of it. Never keeps an octet of it.
#include "base/assert.h"
#include "smtp/reply_catalogue.h"
#include "smtp/server/session.h"
#include "smtp/server/verbs.h"

namespace sealpost::smtp::server {

std::optional<ServerStep> Session::read_data(Transaction& transaction, ReceivingData& stage) {
  const auto step = stage.reader.next(input_);
  if (const auto* piece = std::get_if<ContentPiece>(&step)) {
    transaction.received += Bytes{piece->octets.size()};
    // RFC 1870 §6.1: the limit holds whatever SIZE= had promised, and it does not decide where the content ends.
    if (is_over_size_max(options_, transaction.received))
      return skip_data(stage.reader, catalogue::message_too_big()), std::nullopt;
    return Content{piece->octets};
  }
  if (std::holds_alternative<EndOfData>(step)) return ask(AcceptQuestion{}), std::nullopt;
  if (const auto* fault = std::get_if<FramingFault>(&step))
    return fail_framing(*fault, catalogue::framing_fault_in_content()), std::nullopt;
  return need_input();
}

std::optional<ServerStep> Session::read_chunk(Transaction& transaction, ReceivingChunks& stage) {
  const auto step = stage.reader.next(input_);
  if (const auto* piece = std::get_if<ContentPiece>(&step)) return Content{piece->octets};
  if (const auto* end = std::get_if<EndOfChunk>(&step)) {
    transaction.received += Bytes{stage.chunk_octets};
    if (end->is_last) return ask(AcceptQuestion{}), std::nullopt;
    stage.is_in_chunk = false;
    return say(catalogue::chunk_received(stage.chunk_octets)), std::nullopt;
  }
  if (const auto* fault = std::get_if<FramingFault>(&step))
    return fail_framing(*fault, catalogue::framing_fault_in_content()), std::nullopt;
  return need_input();
}

bool Session::discard(std::uint64_t octets, const Reply& reply) {
  discarded_ += Bytes{octets};
  if (discarded_ <= kDiscardedContentMax) return false;
  say(Reply(reply));  // a copy: close() replaces the state that holds it
  close(CloseReason::kTooManyErrors);
  return true;
}

std::optional<ServerStep> Session::skip(SkippingData& skipping) {
  const auto step = skipping.reader.next(input_);
  if (const auto* piece = std::get_if<ContentPiece>(&step))
    return discard(piece->octets.size(), skipping.reply), std::nullopt;
  if (const auto* fault = std::get_if<FramingFault>(&step))
    return fail_framing(*fault, catalogue::framing_fault_in_content()), std::nullopt;
  if (std::holds_alternative<NeedMoreInput>(step)) return need_input();
  const Reply reply = std::move(skipping.reply);
  state_ = Idle{};
  return say(reply), std::nullopt;
}

std::optional<ServerStep> Session::skip(SkippingChunk& skipping) {
  const std::uint64_t before = skipping.skipper.remaining_octets();
  const bool is_done = skipping.skipper.skip(input_);
  if (discard(before - skipping.skipper.remaining_octets(), skipping.reply)) return std::nullopt;
  if (!is_done) return need_input();
  const Reply reply = std::move(skipping.reply);
  state_ = Idle{};
  return say(reply), std::nullopt;
}

void content_answered(Session& session, Answer answer) {
  // RFC 5321 §4.1.1.4: whatever the answer is, the buffers are empty now. AskAccept was the end of the reservation too.
  session.state() = Idle{};
  if (const auto* queued = std::get_if<Queued>(&answer)) {
    session.forget_errors();
    return session.say(catalogue::queued(queued->id));
  }
  const auto* refusal = std::get_if<Reply>(&answer);
  SEALPOST_ASSERT(refusal != nullptr, "AskAccept is answered with Queued or a Reply");
  session.say(*refusal);
}

}  // namespace sealpost::smtp::server
