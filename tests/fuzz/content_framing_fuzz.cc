// links: smtp
// Lines, DATA and BDAT out of any octets (RFC 5321 §2.3.8, §4.1.1.4, RFC 3030 §2). The result is the same whole, octet
// by octet and in pieces; no bare CR, bare LF or NUL comes out of any reader. The first octet of the input says how the
// rest is cut.
#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <utility>

#include "base/assert.h"
#include "smtp/bdat_reader.h"
#include "smtp/data_reader.h"
#include "smtp/line_reader.h"

namespace {

using namespace sealpost::smtp;

constexpr std::size_t kLineLimit = 40;

/// Hands out the octets in pieces: all at once, one by one, or as the seed says.
class Pieces {
 public:
  Pieces(std::string_view octets, unsigned seed) : rest_(octets), seed_(seed), random_(seed) {}
  bool is_empty() const { return rest_.empty(); }
  std::string_view next() {
    const std::size_t size = seed_ == 0 ? rest_.size() : seed_ == 1 ? 1 : 1 + random_() % 24;
    const std::string_view piece = rest_.substr(0, size);
    rest_.remove_prefix(piece.size());
    return piece;
  }
  std::size_t left() const { return rest_.size(); }

 private:
  std::string_view rest_;
  unsigned seed_;
  std::minstd_rand random_;
};

struct Reading {
  std::string content;
  std::string end;  // how it came to its end
  bool operator==(const Reading&) const = default;
};

Reading faulted(Reading reading, FramingFault fault) {
  reading.end = "fault " + std::to_string(static_cast<int>(fault));
  return reading;
}

Reading read_data(std::string_view octets, unsigned seed) {
  DataReader reader;
  Input input;
  Pieces pieces(octets, seed);
  Reading reading;
  while (true) {
    const DataReader::Step step = reader.next(input);
    if (const auto* piece = std::get_if<ContentPiece>(&step)) {
      SEALPOST_ASSERT(!piece->octets.empty(), "a piece is never empty");
      reading.content += piece->octets;
    } else if (const auto* fault = std::get_if<FramingFault>(&step)) {
      return faulted(std::move(reading), *fault);
    } else if (std::holds_alternative<EndOfData>(step)) {
      reading.end = "ended, left " + std::to_string(pieces.left() + input.view().size());
      return reading;
    } else {
      SEALPOST_ASSERT(input.is_empty(), "a reader that needs more has taken everything");
      if (pieces.is_empty()) return reading;
      input.feed(pieces.next());
    }
  }
}

Reading read_bdat(std::string_view octets, unsigned seed, bool is_in_chunks) {
  BdatReader reader;
  Reading reading;
  std::minstd_rand random(seed + 1);
  std::string_view rest = octets;
  while (true) {
    const std::size_t size = is_in_chunks ? random() % (rest.size() + 1) : rest.size();
    const std::string_view chunk = rest.substr(0, size);
    rest.remove_prefix(size);
    const bool is_last = rest.empty();
    reader.begin_chunk(size, is_last);
    Input input;
    Pieces pieces(chunk, seed);
    while (true) {
      const BdatReader::Step step = reader.next(input);
      if (const auto* piece = std::get_if<ContentPiece>(&step)) {
        SEALPOST_ASSERT(!piece->octets.empty(), "a piece is never empty");
        reading.content += piece->octets;
      } else if (const auto* fault = std::get_if<FramingFault>(&step)) {
        return faulted(std::move(reading), *fault);
      } else if (std::holds_alternative<EndOfChunk>(step)) {
        SEALPOST_ASSERT(input.is_empty() && pieces.is_empty(), "a chunk is taken to its last octet");
        break;
      } else {
        SEALPOST_ASSERT(!pieces.is_empty(), "no more is wanted than the chunk");
        input.feed(pieces.next());
      }
    }
    if (is_last) return reading;
  }
}

Reading read_lines(std::string_view octets, unsigned seed) {
  LineReader reader;
  Input input;
  Pieces pieces(octets, seed);
  Reading reading;
  while (true) {
    const LineReader::Step step = reader.next(input, kLineLimit);
    if (const auto* line = std::get_if<Line>(&step)) {
      SEALPOST_ASSERT(line->text.size() + 2 <= kLineLimit, "a line keeps the limit");
      reading.content.append(line->text).append("\r\n");
    } else if (std::holds_alternative<LineTooLong>(step)) {
      reading.content += "too long\r\n";
    } else if (const auto* fault = std::get_if<FramingFault>(&step)) {
      return faulted(std::move(reading), *fault);
    } else {
      SEALPOST_ASSERT(input.is_empty(), "a reader that needs more has taken everything");
      SEALPOST_ASSERT(reader.memory() <= 4 * kLineLimit, "the carry is bounded by the limit");
      if (pieces.is_empty()) return reading;
      input.feed(pieces.next());
    }
  }
}

void check_clean(std::string_view content) {
  for (std::size_t at = 0; at < content.size(); ++at) {
    SEALPOST_ASSERT(content[at] != '\0', "no NUL comes out");
    if (content[at] == '\r')
      SEALPOST_ASSERT(at + 1 < content.size() && content[at + 1] == '\n', "no bare CR comes out");
    if (content[at] == '\n') SEALPOST_ASSERT(at > 0 && content[at - 1] == '\r', "no bare LF comes out");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const unsigned seed = 2u + data[0];
  const std::string_view octets = std::string_view(reinterpret_cast<const char*>(data), size).substr(1);

  const Reading content = read_data(octets, 0);
  check_clean(content.content);
  SEALPOST_ASSERT(read_data(octets, 1) == content && read_data(octets, seed) == content,
                  "DATA means the same however it is cut");

  const Reading lines = read_lines(octets, 0);
  check_clean(lines.content);
  SEALPOST_ASSERT(read_lines(octets, 1) == lines && read_lines(octets, seed) == lines,
                  "lines are the same however they are cut");

  const Reading chunks = read_bdat(octets, 0, false);
  check_clean(chunks.content);
  SEALPOST_ASSERT(read_bdat(octets, 1, false) == chunks && read_bdat(octets, seed, true) == chunks,
                  "BDAT means the same however it is cut");
  return 0;
}
