// Time as values. Pure code is handed the time; only floors 2 and up ask the system for it, through these two
// functions.
#pragma once
#include <chrono>
#include <string>

namespace sealpost {

/// What the calendar says; stored with messages, written into headers. May jump.
using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;
/// What deadlines are measured with. Never jumps.
using SteadyTime = std::chrono::steady_clock::time_point;

inline WallTime wall_now() {
  return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}
inline SteadyTime steady_now() { return std::chrono::steady_clock::now(); }

/// RFC 5322 §3.3 date-time in UTC: "Mon, 23 Nov 2026 17:43:00 +0000".
std::string format_rfc5322(WallTime time);
/// RFC 3339 in UTC with milliseconds: "2026-11-23T17:43:00.123Z".
std::string format_rfc3339(WallTime time);

}  // namespace sealpost
