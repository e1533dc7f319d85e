// Encoding of stored records. Layout of a message: version, length of head, head, checksum of all before, then (unless
// the content is apart) tail and checksum of the tail. A state is version, fields, checksum.
#include "spool/record.h"

#include <utility>

#include <fmt/format.h>

#include "base/assert.h"
#include "spool/binary.h"
#include "spool/checksum.h"

namespace sealpost::spool {

namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kChecksumSize = sizeof(std::uint64_t);
constexpr std::size_t kPieceRecordSize = 20;
// An address, two lengths, the NOTIFY flags; the least that one recipient can take.
constexpr std::size_t kRecipientSizeMin = 9;
constexpr std::size_t kRecipientStateSizeMin = 12;

std::unexpected<Error> damaged(QueueId id, std::string_view what) {
  return fail(Fault::kCorruption, fmt::format("message {}: {}", id.to_string(), what));
}

void put_time(BinaryWriter& out, WallTime time) {
  out.number(static_cast<std::uint64_t>(time.time_since_epoch().count()));
}

WallTime get_time(BinaryReader& in) {
  return WallTime(std::chrono::milliseconds(static_cast<std::int64_t>(in.number<std::uint64_t>())));
}

std::uint8_t notify_bits(const smtp::Notify& notify) {
  return static_cast<std::uint8_t>((notify.is_given ? 1 : 0) | (notify.on_success ? 2 : 0) |
                                   (notify.on_failure ? 4 : 0) | (notify.on_delay ? 8 : 0));
}

smtp::Notify get_notify(BinaryReader& in) {
  const auto bits = in.below<std::uint8_t>(16);
  return {(bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0, (bits & 8) != 0};
}

// Addresses were valid when they were accepted; one that no longer parses was not written by us.
std::optional<smtp::Mailbox> get_mailbox(BinaryReader& in) {
  auto mailbox = smtp::Mailbox::parse(in.text(), smtp::Charset::kUtf8);
  if (!mailbox) in.fail();
  return mailbox;
}

void put_envelope(BinaryWriter& out, const smtp::Envelope& envelope) {
  out.flag(envelope.reverse_path.has_value());
  if (envelope.reverse_path) out.text(envelope.reverse_path->to_string());
  const smtp::MailParameters& mail = envelope.parameters;
  out.flag(mail.size.has_value());
  out.number(mail.size.value_or(Bytes{}).count);
  out.number(std::to_underlying(mail.body));
  out.flag(mail.is_smtputf8);
  out.number(std::to_underlying(mail.ret));
  out.text(mail.envid);
  out.count(envelope.recipients.size());
  for (const smtp::Recipient& recipient : envelope.recipients) {
    out.text(recipient.forward_path.to_string());
    out.number(notify_bits(recipient.parameters.notify));
    out.text(recipient.parameters.orcpt);
  }
}

smtp::Envelope get_envelope(BinaryReader& in) {
  smtp::Envelope envelope;
  if (in.flag()) envelope.reverse_path = get_mailbox(in);
  smtp::MailParameters& mail = envelope.parameters;
  const bool has_size = in.flag();
  const Bytes size{in.number<std::uint64_t>()};
  if (has_size) mail.size = size;
  mail.body = static_cast<smtp::BodyKind>(in.below<std::uint8_t>(std::to_underlying(smtp::BodyKind::k8bitMime) + 1));
  mail.is_smtputf8 = in.flag();
  mail.ret = static_cast<smtp::Ret>(in.below<std::uint8_t>(std::to_underlying(smtp::Ret::kHeaders) + 1));
  mail.envid = in.text();
  const std::size_t count = in.count(kRecipientSizeMin);
  envelope.recipients.reserve(count);
  for (std::size_t i = 0; i < count && in.is_good(); ++i) {
    auto forward_path = get_mailbox(in);
    smtp::RcptParameters parameters;
    parameters.notify = get_notify(in);
    parameters.orcpt = in.text();
    if (forward_path) envelope.recipients.push_back({*std::move(forward_path), std::move(parameters)});
  }
  return envelope;
}

MessageHead get_head(BinaryReader& in) {
  MessageHead head;
  head.arrived = get_time(in);
  head.size = {in.number<std::uint64_t>()};
  head.place = static_cast<BodyPlace>(in.below<std::uint8_t>(std::to_underlying(BodyPlace::kSegments) + 1));
  head.is_rewritten = in.flag();
  return head;
}

void append_checksum(QueueId id, std::string& out, std::size_t from) {
  BinaryWriter(out).number(checksum(std::string_view(out).substr(from), id.value));
}

bool is_intact(QueueId id, std::string_view octets, std::string_view sum) {
  return BinaryReader(sum).number<std::uint64_t>() == checksum(octets, id.value);
}

struct Parts {
  std::string_view head;
  std::string_view tail;  // with its checksum
};

Result<Parts> split_message(QueueId id, std::string_view value) {
  BinaryReader in(value);
  const auto version = in.number<std::uint8_t>();
  const std::string_view head = in.text();
  const std::size_t covered = value.size() - in.rest().size();
  const std::string_view sum = in.take(kChecksumSize);
  if (!in.is_good()) return damaged(id, "the record is cut off");
  if (!is_intact(id, value.substr(0, covered), sum)) return damaged(id, "the checksum of the record does not match");
  if (version != kVersion) return damaged(id, fmt::format("record version {} is not known", version));
  return Parts{head, in.rest()};
}

Result<std::string_view> check_tail(QueueId id, std::string_view tail) {
  if (tail.size() < kChecksumSize) return damaged(id, "the record is cut off behind its head");
  const std::string_view octets = tail.substr(0, tail.size() - kChecksumSize);
  if (!is_intact(id, octets, tail.substr(octets.size())))
    return damaged(id, "the checksum of the content does not match");
  return octets;
}

// The tail of a message whose content has to be at `place`.
Result<std::string_view> tail_of(QueueId id, std::string_view value, BodyPlace place) {
  const auto head = decode_head(id, value);
  if (!head) return std::unexpected(head.error());
  if (head->place != place) return damaged(id, "the content is elsewhere");
  return check_tail(id, split_message(id, value)->tail);
}

Result<std::string_view> check_state(QueueId id, std::string_view value) {
  if (value.size() < 1 + kChecksumSize) return damaged(id, "the record of its state is cut off");
  const std::string_view octets = value.substr(0, value.size() - kChecksumSize);
  if (!is_intact(id, octets, value.substr(octets.size())))
    return damaged(id, "the checksum of its state does not match");
  if (BinaryReader(octets).number<std::uint8_t>() != kVersion)
    return damaged(id, "the version of its state is not known");
  return octets.substr(1);
}

void put_reply(BinaryWriter& out, const smtp::Reply& reply) {
  out.number(reply.code);
  out.number(reply.enhanced_code.class_);
  out.number(reply.enhanced_code.subject);
  out.number(reply.enhanced_code.detail);
  out.text(reply.text);
}

smtp::Reply get_reply(BinaryReader& in) {
  smtp::Reply reply;
  reply.code = in.number<std::uint16_t>();
  reply.enhanced_code.class_ = in.number<std::uint8_t>();
  reply.enhanced_code.subject = in.number<std::uint16_t>();
  reply.enhanced_code.detail = in.number<std::uint16_t>();
  reply.text = in.text();
  return reply;
}

}  // namespace

std::string encode_message(const MessageRecord& record, const BodyTail& tail) {
  std::string head;
  head.reserve(512);
  BinaryWriter out(head);
  put_time(out, record.arrived);
  out.number(record.size.count);
  out.number(std::to_underlying(tail.place));
  out.flag(false);  // never rewritten
  out.flag(record.is_8bit);
  out.text(record.account);
  out.text(record.client_address);
  put_envelope(out, record.envelope);

  std::string value;
  value.reserve(head.size() + tail.content.size() + tail.pieces.size() * kPieceRecordSize + 64);
  BinaryWriter framed(value);
  framed.number(kVersion);
  framed.text(head);
  append_checksum(record.id, value, 0);
  if (tail.place == BodyPlace::kApart) return value;

  const std::size_t from = value.size();
  value.append(tail.content);
  for (const Piece& piece : tail.pieces) {
    framed.number(piece.segment);
    framed.number(piece.page);
    framed.number(piece.length);
    framed.number(piece.checksum);
  }
  append_checksum(record.id, value, from);
  return value;
}

Result<MessageHead> decode_head(QueueId id, std::string_view value) {
  const auto parts = split_message(id, value);
  if (!parts) return std::unexpected(parts.error());
  BinaryReader in(parts->head);
  const MessageHead head = get_head(in);
  if (!in.is_good()) return damaged(id, "the head of the record does not parse");
  return head;
}

Result<MessageRecord> decode_message(QueueId id, std::string_view value) {
  const auto parts = split_message(id, value);
  if (!parts) return std::unexpected(parts.error());
  BinaryReader in(parts->head);
  const MessageHead head = get_head(in);
  MessageRecord record;
  record.id = id;
  record.arrived = head.arrived;
  record.size = head.size;
  record.is_8bit = in.flag();
  record.account = in.text();
  record.client_address = in.text();
  record.envelope = get_envelope(in);
  if (!in.is_complete()) return damaged(id, "the envelope does not parse");
  return record;
}

Result<std::string_view> decode_content(QueueId id, std::string_view value) {
  return tail_of(id, value, BodyPlace::kTogether);
}

Result<std::vector<Piece>> decode_pieces(QueueId id, std::string_view value) {
  const auto tail = tail_of(id, value, BodyPlace::kSegments);
  if (!tail) return std::unexpected(tail.error());
  if (tail->size() % kPieceRecordSize != 0) return damaged(id, "the list of pieces does not parse");
  BinaryReader in(*tail);
  std::vector<Piece> pieces(tail->size() / kPieceRecordSize);
  for (Piece& piece : pieces) {
    piece.segment = in.number<std::uint32_t>();
    piece.page = in.number<std::uint32_t>();
    piece.length = in.number<std::uint32_t>();
    piece.checksum = in.number<std::uint64_t>();
    if (piece.length > kPieceSize) return damaged(id, "a piece of its content is too long");
  }
  return pieces;
}

void seal_apart(QueueId id, std::string& value) {
  SEALPOST_ASSERT(value.size() >= kApartHeader, "the writer leaves room for the header");
  std::string header;
  BinaryWriter out(header);
  out.number(kVersion);
  out.number(checksum(std::string_view(value).substr(kApartHeader), id.value));
  value.replace(0, kApartHeader, header);
}

Result<std::string_view> decode_apart(QueueId id, std::string_view value) {
  if (value.size() < kApartHeader) return damaged(id, "the record of its content is cut off");
  const std::string_view content = value.substr(kApartHeader);
  if (!is_intact(id, content, value.substr(1, kChecksumSize)) || BinaryReader(value).number<std::uint8_t>() != kVersion)
    return damaged(id, "the checksum of the content does not match");
  return content;
}

std::string encode_state(QueueId id, const DeliveryState& state) {
  std::string value;
  value.reserve(64 + state.recipients.size() * 64);
  BinaryWriter out(value);
  out.number(kVersion);
  out.number(state.attempts);
  put_time(out, state.next_attempt);
  out.flag(state.delay_reported.has_value());
  put_time(out, state.delay_reported.value_or(WallTime{}));
  out.count(state.recipients.size());
  for (const RecipientState& recipient : state.recipients) {
    out.number(std::to_underlying(recipient.status));
    put_reply(out, recipient.last_reply);
  }
  append_checksum(id, value, 0);
  return value;
}

Result<StateHead> decode_state_head(QueueId id, std::string_view value) {
  const auto octets = check_state(id, value);
  if (!octets) return std::unexpected(octets.error());
  BinaryReader in(*octets);
  StateHead head;
  head.attempts = in.number<std::uint32_t>();
  head.next_attempt = get_time(in);
  if (!in.is_good()) return damaged(id, "its state does not parse");
  return head;
}

Result<DeliveryState> decode_state(QueueId id, std::string_view value) {
  const auto octets = check_state(id, value);
  if (!octets) return std::unexpected(octets.error());
  BinaryReader in(*octets);
  DeliveryState state;
  state.attempts = in.number<std::uint32_t>();
  state.next_attempt = get_time(in);
  const bool has_delay = in.flag();
  const WallTime delay = get_time(in);
  if (has_delay) state.delay_reported = delay;
  state.recipients.resize(in.count(kRecipientStateSizeMin));
  for (RecipientState& recipient : state.recipients) {
    recipient.status =
        static_cast<RecipientStatus>(in.below<std::uint8_t>(std::to_underlying(RecipientStatus::kFailed) + 1));
    recipient.last_reply = get_reply(in);
  }
  if (!in.is_complete()) return damaged(id, "its state does not parse");
  return state;
}

DeliveryState initial_state(const MessageRecord& record) {
  DeliveryState state;
  state.next_attempt = record.arrived;
  state.recipients.resize(record.envelope.recipients.size());
  return state;
}

}  // namespace sealpost::spool
