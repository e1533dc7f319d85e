// One mail transaction, MAIL to the end of content (RFC 5321 §3.3), as one value (rule R1). It lives inside the variant
// of session states and is replaced when it ends, so nothing of it can be left behind. Never reset field by field.
#pragma once
#include <cstdint>
#include <variant>

#include "base/bytes.h"
#include "smtp/bdat_reader.h"
#include "smtp/data_reader.h"
#include "smtp/envelope.h"

namespace sealpost::smtp::server {

/// MAIL was accepted; RCPT, DATA or BDAT may come.
struct Collecting {};

/// 354 was said: what arrives is content.
struct ReceivingData {
  DataReader reader;
};

/// At least one BDAT was taken. DATA and RCPT are refused from here on (RFC 3030 §2).
struct ReceivingChunks {
  BdatReader reader;
  bool is_in_chunk = false;
  std::uint64_t chunk_octets = 0;  // of the current chunk, for its reply
};

struct Transaction {
  Envelope envelope;
  bool has_refused_recipient = false;
  bool is_reserved =
      false;       // AskContent was allowed: somebody keeps room and must be told when the message comes to nothing
  Bytes received;  // content so far
  std::variant<Collecting, ReceivingData, ReceivingChunks> stage;

  bool is_receiving() const {
    const auto* chunks = std::get_if<ReceivingChunks>(&stage);
    return chunks != nullptr ? chunks->is_in_chunk : std::holds_alternative<ReceivingData>(stage);
  }
};

}  // namespace sealpost::smtp::server
