// The structured log: one line per event, logfmt or JSON, to stderr. Lines are handed to a writer thread in a bounded
// buffer; the caller never waits for the terminal. When the buffer is full lines are dropped and counted, and the count
// is logged. Values are escaped here: no raw CR, LF, NUL or terminal escape from a peer ever reaches the log.
#pragma once
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <variant>

namespace sealpost::observe {

enum class Level : std::uint8_t { kDebug, kInfo, kWarning, kError };
enum class LogFormat : std::uint8_t { kLogfmt, kJson };

struct Field {
  using Value = std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool>;
  Field(std::string_view k, std::string_view v) : key(k), value(v) {}
  Field(std::string_view k, const char* v) : key(k), value(std::string_view(v)) {}
  Field(std::string_view k, bool v) : key(k), value(v) {}
  Field(std::string_view k, double v) : key(k), value(v) {}
  template <std::signed_integral T>
  Field(std::string_view k, T v) : key(k), value(static_cast<std::int64_t>(v)) {}
  template <std::unsigned_integral T>
  Field(std::string_view k, T v) : key(k), value(static_cast<std::uint64_t>(v)) {}
  std::string_view key;
  Value value;
};

/// One event: "time=2026-11-23T17:43:00.123Z level=info event=queued session=… id=…". `event` is from the table of
/// names in events.h.
void log(Level level, std::string_view event, std::initializer_list<Field> fields);

/// Set once by main before threads start. Defaults: logfmt, kInfo.
void start_log(LogFormat format, Level least);
/// Writes what is buffered and stops the writer thread; log() after this writes directly.
void stop_log();
bool is_logged(Level level);

}  // namespace sealpost::observe
