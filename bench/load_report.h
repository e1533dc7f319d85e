// The report of a load run: for people, or one JSON object for programs.
#pragma once
#include <cstdint>
#include <string>

#include "load_settings.h"
#include "load_tally.h"

namespace sealpost::bench {

struct LoadResult {
  LoadTally tally;
  double seconds = 0;             // of the measured part
  double client_cpu_seconds = 0;  // of the whole run
  std::uint64_t started_ns = 0;   // CLOCK_MONOTONIC
};

std::string report_for_people(const LoadSettings& settings, const LoadResult& result);
std::string report_as_json(const LoadSettings& settings, const LoadResult& result);

}  // namespace sealpost::bench
