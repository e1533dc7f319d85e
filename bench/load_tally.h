// What a load run counts, and what all its threads share. A tally belongs to one thread until the run is over; then the
// tallies are merged.
#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>

#include "histogram.h"

namespace sealpost::bench {

using SteadyTime = std::chrono::steady_clock::time_point;

struct LoadTally {
  Histogram final_reply;           // end of data handed to the kernel → 250, inside the window
  Histogram session;               // connect → 221, inside the window
  std::uint64_t accepted = 0;      // inside the window
  std::uint64_t accepted_all = 0;  // warm-up and drain included
  std::uint64_t sessions = 0;
  std::uint64_t handshakes = 0;
  std::uint64_t resumed = 0;
  std::uint64_t idle_ready = 0;
  std::uint64_t idle_lost = 0;
  SteadyTime last_accepted{};
  std::map<std::string, std::uint64_t> errors;

  void merge(const LoadTally& other) {
    final_reply.merge(other.final_reply);
    session.merge(other.session);
    accepted += other.accepted;
    accepted_all += other.accepted_all;
    sessions += other.sessions;
    handshakes += other.handshakes;
    resumed += other.resumed;
    idle_ready += other.idle_ready;
    idle_lost += other.idle_lost;
    last_accepted = std::max(last_accepted, other.last_accepted);
    for (const auto& [kind, count] : other.errors) errors[kind] += count;
  }
};

/// Shared by the threads of one run.
struct LoadRun {
  SteadyTime started;
  SteadyTime measured_from;  // behind the warm-up
  SteadyTime measured_to;    // far in the future without a window
  std::uint64_t sessions_max = 0;
  int ledger = -1;
  std::atomic<std::uint64_t> sessions_begun = 0;
  std::atomic<std::uint64_t> messages_begun = 0;
  // For the progress line.
  std::atomic<std::uint64_t> accepted_so_far = 0;
  std::atomic<std::uint64_t> errors_so_far = 0;
  std::atomic<std::uint64_t> idle_ready = 0;
  std::atomic<bool> must_stop = false;
};

}  // namespace sealpost::bench
