// Numbers into text. A rate is messages answered with 250 inside the measured part, divided by its length.
#include "load_report.h"

#include <fmt/core.h>

namespace sealpost::bench {
namespace {

double milliseconds(std::uint64_t microseconds) { return static_cast<double>(microseconds) / 1000.0; }

double per_second(double count, double seconds) { return seconds > 0 ? count / seconds : 0; }

std::string durations_for_people(std::string_view name, const Histogram& histogram) {
  return fmt::format("{:<16} p50 {:.2f} ms   p90 {:.2f} ms   p99 {:.2f} ms   max {:.2f} ms\n", name,
                     milliseconds(histogram.percentile(0.5)), milliseconds(histogram.percentile(0.9)),
                     milliseconds(histogram.percentile(0.99)), milliseconds(histogram.greatest()));
}

std::string durations_as_json(const Histogram& histogram) {
  return fmt::format(R"({{"count":{},"p50_ms":{:.3f},"p90_ms":{:.3f},"p99_ms":{:.3f},"max_ms":{:.3f}}})",
                     histogram.count(), milliseconds(histogram.percentile(0.5)),
                     milliseconds(histogram.percentile(0.9)), milliseconds(histogram.percentile(0.99)),
                     milliseconds(histogram.greatest()));
}

std::string json_string(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return quoted + '"';
}

}  // namespace

std::string report_for_people(const LoadSettings& settings, const LoadResult& result) {
  const LoadTally& tally = result.tally;
  std::string text;
  if (settings.idle > 0) {
    text = fmt::format("idle connections {} ready, {} lost while idle\n", tally.idle_ready, tally.idle_lost);
  } else {
    const double rate = per_second(static_cast<double>(tally.accepted), result.seconds);
    text =
        fmt::format("{:.0f} messages/s   {:.1f} MB/s   ({} accepted in {:.2f} s; {} in all, {} sessions, {} resumed)\n",
                    rate, rate * static_cast<double>(settings.size_bytes) / 1e6, tally.accepted, result.seconds,
                    tally.accepted_all, tally.sessions, tally.resumed);
    text += durations_for_people("final reply", tally.final_reply);
    text += durations_for_people("whole session", tally.session);
  }
  text += fmt::format("client CPU       {:.2f} s\n", result.client_cpu_seconds);
  for (const auto& [kind, count] : tally.errors) text += fmt::format("error            {} × {}\n", count, kind);
  return text;
}

std::string report_as_json(const LoadSettings& settings, const LoadResult& result) {
  const LoadTally& tally = result.tally;
  const double rate = per_second(static_cast<double>(tally.accepted), result.seconds);
  std::string errors;
  for (const auto& [kind, count] : tally.errors) {
    errors += fmt::format("{}{}:{}", errors.empty() ? "" : ",", json_string(kind), count);
  }
  return fmt::format(
      R"({{"messages_per_second":{:.1f},"bytes_per_second":{:.0f},"accepted":{},"accepted_all":{},"seconds":{:.4f},)"
      R"("sessions":{},"handshakes":{},"resumed":{},"idle_ready":{},"idle_lost":{},"final_reply":{},"session":{},)"
      R"("client_cpu_seconds":{:.4f},"started_ns":{},"last_accepted_ns":{},"errors":{{{}}}}})"
      "\n",
      rate, rate * static_cast<double>(settings.size_bytes), tally.accepted, tally.accepted_all, result.seconds,
      tally.sessions, tally.handshakes, tally.resumed, tally.idle_ready, tally.idle_lost,
      durations_as_json(tally.final_reply), durations_as_json(tally.session), result.client_cpu_seconds,
      result.started_ns,
      std::chrono::duration_cast<std::chrono::nanoseconds>(tally.last_accepted.time_since_epoch()).count(), errors);
}

}  // namespace sealpost::bench
