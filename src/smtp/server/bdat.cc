// BDAT (RFC 3030 §2): content in chunks of announced length. A chunk that is refused is read all the same, and the
// transaction is over then: a client that goes on with the next chunk meets 503 until it begins anew.
#include "base/assert.h"
#include "smtp/reply_catalogue.h"
#include "smtp/server/verbs.h"

namespace sealpost::smtp::server {

namespace {

/// Where the chunk ends is not known: nothing behind this line can be understood.
void lose_track(Session& session, const Reply& reply) {
  session.say(reply);
  session.close(CloseReason::kFramingError);
}

void begin_chunk(Session& session, BdatCommand chunk) {
  auto& stage = std::get<ReceivingChunks>(session.transaction().stage);
  stage.is_in_chunk = true;
  stage.chunk_octets = chunk.size_octets;
  stage.reader.begin_chunk(chunk.size_octets, chunk.is_last);
}

bool fits(const Session& session, std::uint64_t chunk_octets) {
  const Bytes received = session.transaction().received;
  const Bytes limit = session.options().size_max;
  // Compared without an addition, which an announced length of 2^64 - 1 would overflow.
  return limit.count == 0 || (received <= limit && Bytes{chunk_octets} <= limit - received);
}

}  // namespace

void refuse_bdat(Session& session, std::string_view argument, const Reply& reply) {
  const auto chunk = parse_bdat(argument);
  if (!chunk) return lose_track(session, chunk.error());
  session.skip_chunk(chunk->size_octets, reply);
}

void run_bdat(Session& session, std::string_view argument) {
  const auto chunk = parse_bdat(argument);
  if (!chunk) return lose_track(session, chunk.error());
  if (const Reply* refusal = check_data(session)) return session.skip_chunk(chunk->size_octets, *refusal);
  if (!fits(session, chunk->size_octets)) return session.skip_chunk(chunk->size_octets, catalogue::message_too_big());
  if (!session.transaction().is_reserved) return session.ask(ContentQuestion{*chunk});
  begin_chunk(session, *chunk);
}

void bdat_answered(Session& session, BdatCommand chunk, Answer answer) {
  if (auto* refusal = std::get_if<Reply>(&answer)) return session.skip_chunk(chunk.size_octets, std::move(*refusal));
  SEALPOST_ASSERT(std::holds_alternative<Allowed>(answer), "AskContent is answered with Allowed or a Reply");
  session.transaction().is_reserved = true;
  session.transaction().stage = ReceivingChunks{};
  begin_chunk(session, chunk);
}

}  // namespace sealpost::smtp::server
