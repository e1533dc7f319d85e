#include "spool/record.h"

#include <gtest/gtest.h>

#include "spool/message_for_test.h"

namespace sealpost::spool {
namespace {

constexpr QueueId kId{0x0123456789ABCDEF};

// A record in which every field differs from its default.
MessageRecord full_record() {
  MessageRecord record = for_test::record(kId, 3);
  smtp::Envelope& envelope = record.envelope;
  envelope.reverse_path = for_test::mailbox(
      "\"ann b\"@b\xC3\xBC"
      "cher.example");
  envelope.parameters = {Bytes{12345}, smtp::BodyKind::k8bitMime, true, smtp::Ret::kHeaders, "env+id"};
  envelope.recipients[1].parameters.notify = {true, true, false, true};
  envelope.recipients[2].parameters.orcpt = "rfc822;bob@example.org";
  record.is_8bit = true;
  record.size = {99};
  return record;
}

DeliveryState full_state() {
  DeliveryState state;
  state.attempts = 7;
  state.next_attempt = for_test::at_milliseconds(1'800'000'000'123);
  state.delay_reported = for_test::at_milliseconds(-5);
  state.recipients = {{RecipientStatus::kDelivered, {250, {2, 0, 0}, "Ok"}},
                      {RecipientStatus::kFailed, {550, {5, 1, 1}, "No such user\nreally"}},
                      {RecipientStatus::kPending, {}}};
  return state;
}

void expect_equal(const MessageRecord& a, const MessageRecord& b) {
  EXPECT_EQ(a.id, b.id);
  EXPECT_EQ(a.envelope.reverse_path, b.envelope.reverse_path);
  EXPECT_EQ(a.envelope.parameters, b.envelope.parameters);
  ASSERT_EQ(a.envelope.recipients.size(), b.envelope.recipients.size());
  for (std::size_t i = 0; i < a.envelope.recipients.size(); ++i) {
    EXPECT_EQ(a.envelope.recipients[i].forward_path, b.envelope.recipients[i].forward_path);
    EXPECT_EQ(a.envelope.recipients[i].parameters, b.envelope.recipients[i].parameters);
  }
  EXPECT_EQ(a.arrived, b.arrived);
  EXPECT_EQ(a.account, b.account);
  EXPECT_EQ(a.client_address, b.client_address);
  EXPECT_EQ(a.is_8bit, b.is_8bit);
  EXPECT_EQ(a.size, b.size);
}

std::vector<std::string> values() {
  const std::vector<Piece> pieces = {{1, 0, 65536, 42}, {2, 16, 1, 43}};
  return {encode_message(full_record(), {BodyPlace::kTogether, "content", {}}),
          encode_message(full_record(), {BodyPlace::kSegments, {}, pieces}), encode_message(full_record(), {})};
}

TEST(Record, GivesBackEveryFieldOfAMessage) {
  for (const std::string& value : values()) {
    const auto decoded = decode_message(kId, value);
    ASSERT_TRUE(decoded) << decoded.error().text;
    expect_equal(*decoded, full_record());
  }
}

TEST(Record, GivesBackTheNullReversePath) {
  MessageRecord record = for_test::record(kId);
  record.envelope.reverse_path.reset();
  const auto decoded = decode_message(kId, encode_message(record, {}));
  ASSERT_TRUE(decoded);
  EXPECT_FALSE(decoded->envelope.reverse_path.has_value());
}

TEST(Record, SaysWhereTheContentIs) {
  const auto all = values();
  EXPECT_EQ(decode_head(kId, all[0])->place, BodyPlace::kTogether);
  EXPECT_EQ(decode_content(kId, all[0]), "content");
  EXPECT_EQ(decode_head(kId, all[1])->place, BodyPlace::kSegments);
  EXPECT_EQ(decode_pieces(kId, all[1])->at(1), (Piece{2, 16, 1, 43}));
  EXPECT_EQ(decode_head(kId, all[2])->place, BodyPlace::kApart);
  EXPECT_EQ(decode_content(kId, all[1]).error().fault, Fault::kCorruption);
  EXPECT_EQ(decode_pieces(kId, all[0]).error().fault, Fault::kCorruption);
}

TEST(Record, GivesBackEveryFieldOfAState) {
  const DeliveryState state = full_state();
  const std::string value = encode_state(kId, state);
  const auto decoded = decode_state(kId, value);
  ASSERT_TRUE(decoded) << decoded.error().text;
  EXPECT_EQ(decoded->attempts, state.attempts);
  EXPECT_EQ(decoded->next_attempt, state.next_attempt);
  EXPECT_EQ(decoded->delay_reported, state.delay_reported);
  EXPECT_EQ(decoded->recipients, state.recipients);
  EXPECT_EQ(decode_state_head(kId, value)->attempts, 7);
  EXPECT_EQ(decode_state_head(kId, value)->next_attempt, state.next_attempt);
}

TEST(Record, FindsEveryFlippedBitOfAMessage) {
  for (const std::string& value : values()) {
    for (std::size_t bit = 0; bit < value.size() * 8; ++bit) {
      std::string damaged = value;
      damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
      const bool head_is_bad = !decode_head(kId, damaged) && !decode_message(kId, damaged);
      const bool tail_is_bad = !decode_content(kId, damaged) && !decode_pieces(kId, damaged);
      EXPECT_TRUE(head_is_bad || tail_is_bad) << "bit " << bit;
    }
  }
}

TEST(Record, FindsEveryFlippedBitOfAState) {
  const std::string value = encode_state(kId, full_state());
  for (std::size_t bit = 0; bit < value.size() * 8; ++bit) {
    std::string damaged = value;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(decode_state(kId, damaged)) << "bit " << bit;
    EXPECT_FALSE(decode_state_head(kId, damaged)) << "bit " << bit;
  }
}

TEST(Record, RefusesEveryRecordThatIsCutOff) {
  for (const std::string& value : values())
    for (std::size_t size = 0; size < value.size(); ++size) {
      const std::string_view cut = std::string_view(value).substr(0, size);
      EXPECT_FALSE(decode_message(kId, cut) && (decode_content(kId, cut) || decode_pieces(kId, cut))) << size;
    }
  const std::string state = encode_state(kId, full_state());
  for (std::size_t size = 0; size < state.size(); ++size) EXPECT_FALSE(decode_state(kId, state.substr(0, size)));
}

TEST(Record, RefusesARecordOfAnotherMessage) {
  const QueueId other{kId.value + 1};
  for (const std::string& value : values()) EXPECT_EQ(decode_message(other, value).error().fault, Fault::kCorruption);
  EXPECT_FALSE(decode_state(other, encode_state(kId, full_state())));
}

TEST(Record, SealsAContentThatStandsApart) {
  std::string value(kApartHeader, '\0');
  value += "the content";
  seal_apart(kId, value);
  EXPECT_EQ(decode_apart(kId, value), "the content");
  for (std::size_t bit = 0; bit < value.size() * 8; ++bit) {
    std::string damaged = value;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(decode_apart(kId, damaged)) << "bit " << bit;
  }
}

TEST(Record, KeepsAThousandRecipients) {
  const auto decoded = decode_message(kId, encode_message(for_test::record(kId, 1000), {}));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->envelope.recipients.size(), 1000);
  EXPECT_EQ(initial_state(*decoded).recipients.size(), 1000);
}

}  // namespace
}  // namespace sealpost::spool
