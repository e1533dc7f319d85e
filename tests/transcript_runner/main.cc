// transcript_runner PATH…: plays every *.txt below the paths against the pure server session — whole, octet by octet,
// in random pieces, and cut off at every step — and prints file:line for everything that differs. Exits 1 if anything
// did.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "player.h"

namespace sealpost::transcript_runner {
namespace {

namespace fs = std::filesystem;

constexpr unsigned kRandomPlays = 25;
constexpr std::size_t kPieceMax = 40;  // octets; small, so that line ends and dots are torn apart often

Cut random_pieces(unsigned seed) {
  return
      [random = std::make_shared<std::mt19937>(seed)](std::size_t) { return std::size_t{1} + (*random)() % kPieceMax; };
}

class File {
 public:
  explicit File(fs::path path) : path_(std::move(path)) {}

  /// True when every way of playing it agreed with the transcript.
  bool run() {
    std::ifstream stream(path_, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
    const auto transcript = smtp::parse_transcript(text);
    if (!transcript) return complain(transcript.error().text);
    const auto world = ScriptedWorld::from(transcript->givens);
    if (!world) return complain(world.error().text);

    if (!play_once(*transcript, *world, "whole", [](std::size_t left) { return left; })) return false;
    if (!play_once(*transcript, *world, "octet by octet", [](std::size_t) { return std::size_t{1}; })) return false;
    for (unsigned seed = 1; seed <= kRandomPlays; ++seed)
      if (!play_once(*transcript, *world, fmt::format("in random pieces, seed {}", seed), random_pieces(seed)))
        return false;
    return cut_off_everywhere(*transcript, *world);
  }

 private:
  bool complain(const std::string& text) {
    fmt::print(stderr, "{}: {}\n", path_.string(), text);
    return false;
  }

  bool play_once(const smtp::Transcript& transcript, const ScriptedWorld& world, const std::string& manner, Cut cut,
                 std::size_t steps_max = kStepsMax, bool* was_cut_off = nullptr) {
    const Outcome outcome = play(transcript, world, std::move(cut), steps_max);
    if (was_cut_off != nullptr)
      *was_cut_off = outcome.was_cut_off;
    else if (outcome.was_cut_off)
      return complain("the session goes round in circles");
    if (!outcome.disagreement) return true;
    fmt::print(stderr, "{}:{}: ({})\n      {}\n", path_.string(), outcome.disagreement->line, manner,
               outcome.disagreement->text);
    return false;
  }

  bool cut_off_everywhere(const smtp::Transcript& transcript, const ScriptedWorld& world) {
    bool was_cut_off = true;
    for (std::size_t steps = 0; was_cut_off; ++steps)
      if (!play_once(transcript, world, fmt::format("cut off after {} steps", steps), random_pieces(1), steps,
                     &was_cut_off))
        return false;
    return true;
  }

  fs::path path_;
};

std::vector<fs::path> transcripts_below(const fs::path& root) {
  if (!fs::is_directory(root)) return {root};
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(root))
    if (entry.path().extension() == ".txt") files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

}  // namespace
}  // namespace sealpost::transcript_runner

int main(int argc, char** argv) {
  using namespace sealpost::transcript_runner;
  std::size_t played = 0;
  std::size_t failed = 0;
  for (int i = 1; i < argc; ++i) {
    for (const auto& path : transcripts_below(argv[i])) {
      ++played;
      if (!File(path).run()) ++failed;
    }
  }
  fmt::print("{} transcripts, {} failed\n", played, failed);
  return failed == 0 && played != 0 ? 0 : 1;
}
