// Runs a fuzz target without libFuzzer: each file of the corpus folders given, then seeded mutations of them, so that
// every build exercises every target. Repeatable: the seed is fixed.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

constexpr int kMutationsPerSeed = 200;
constexpr std::size_t kInputMax = 64 * 1024;

void run(const std::string& input) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

void mutate(std::string& input, std::mt19937_64& random) {
  static constexpr std::string_view kTokens[] = {
      "\r\n", "\r\n.\r\n",       "\n",           "\r",   ".",       "<", ">", "@", "\"", "\\",
      "=",    "BDAT 3 LAST\r\n", "STARTTLS\r\n", "\xFF", "\xC3\xA9"};
  const auto at = [&](std::size_t n) { return static_cast<std::size_t>(random() % (n + 1)); };
  switch (random() % 4) {
    case 0:
      input.insert(at(input.size()), kTokens[random() % std::size(kTokens)]);
      break;
    case 1:
      if (!input.empty()) input.erase(at(input.size() - 1), 1 + at(8));
      break;
    case 2:
      if (!input.empty()) input[at(input.size() - 1)] = static_cast<char>(random());
      break;
    default: {
      const std::size_t from = at(input.size());
      input.insert(at(input.size()), input.substr(from, at(64)));
    }
  }
  if (input.size() > kInputMax) input.resize(kInputMax);
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> seeds = {""};
  for (int i = 1; i < argc; ++i) {
    if (!std::filesystem::is_directory(argv[i])) continue;
    for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
      std::ifstream file(entry.path(), std::ios::binary);
      seeds.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
  }
  std::mt19937_64 random(20261123);
  std::size_t runs = 0;
  for (const auto& seed : seeds) {
    run(seed);
    std::string input = seed;
    for (int i = 0; i < kMutationsPerSeed; ++i, ++runs) {
      if (i % 10 == 0) input = seed;
      mutate(input, random);
      run(input);
    }
  }
  std::printf("%zu seeds, %zu inputs run\n", seeds.size(), runs + seeds.size());
}
