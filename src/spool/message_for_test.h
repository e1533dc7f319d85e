// Messages and waiting for tests and the benchmark of the spool. Never part of the server.
#pragma once
#include <future>
#include <random>
#include <string>
#include <string_view>
#include <utility>

#include "base/assert.h"
#include "spool/spool.h"

namespace sealpost::spool::for_test {

inline smtp::Mailbox mailbox(std::string_view text) {
  auto parsed = smtp::Mailbox::parse(text, smtp::Charset::kUtf8);
  SEALPOST_ASSERT(parsed.has_value(), "a test names a valid address");
  return *std::move(parsed);
}

inline WallTime at_milliseconds(std::int64_t count) { return WallTime(std::chrono::milliseconds(count)); }

inline MessageRecord record(QueueId id, std::size_t recipients = 1) {
  MessageRecord made;
  made.id = id;
  made.envelope.reverse_path = mailbox("ann@example.com");
  for (std::size_t i = 0; i < recipients; ++i)
    made.envelope.recipients.push_back({mailbox("rcpt" + std::to_string(i) + "@example.net"), {}});
  made.arrived = at_milliseconds(1'700'000'000'000 + static_cast<std::int64_t>(id.value));
  made.account = "ann";
  made.client_address = "192.0.2.1";
  return made;
}

/// Octets of every value that differ for each seed.
inline std::string content(std::size_t size, std::uint64_t seed = 1) {
  std::mt19937_64 random(seed);
  std::string octets(size, '\0');
  for (std::size_t i = 0; i < size; i += 8) {
    const std::uint64_t word = random();
    for (std::size_t j = i; j < std::min(size, i + 8); ++j) octets[j] = static_cast<char>(word >> (8 * (j - i)));
  }
  return octets;
}

inline Result<NewMessage> message(Spool& spool, QueueId id, std::string_view octets) {
  auto body = spool.reserve({octets.size()});
  if (!body) return std::unexpected(body.error());
  if (auto appended = (*body)->append(octets); !appended) return std::unexpected(appended.error());
  return NewMessage{record(id), *std::move(body)};
}

inline Result<void> commit(Spool& spool, Change change) {
  std::promise<Result<void>> promise;
  auto answer = promise.get_future();
  spool.commit(std::move(change), [&promise](Result<void> result) { promise.set_value(std::move(result)); });
  return answer.get();
}

inline Result<void> add(Spool& spool, QueueId id, std::string_view octets) {
  auto made = message(spool, id, octets);
  if (!made) return std::unexpected(made.error());
  Change change;
  change.add.push_back(*std::move(made));
  return commit(spool, std::move(change));
}

inline Result<void> remove(Spool& spool, QueueId id) {
  Change change;
  change.remove.push_back(id);
  return commit(spool, std::move(change));
}

inline Result<void> set(Spool& spool, QueueId id, DeliveryState state) {
  Change change;
  change.set.emplace_back(id, std::move(state));
  return commit(spool, std::move(change));
}

inline Result<std::string> read(message::BodySource& source) {
  std::string octets;
  for (;;) {
    const auto piece = source.next();
    if (!piece) return std::unexpected(piece.error());
    if (piece->empty()) return octets;
    octets.append(*piece);
  }
}

inline Result<std::string> read(Spool& spool, QueueId id) {
  const auto source = spool.open_body(id);
  if (!source) return std::unexpected(source.error());
  return read(**source);
}

}  // namespace sealpost::spool::for_test
