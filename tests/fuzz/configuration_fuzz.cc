// links: config
// Any text as a sealpost.toml: reading and checking end, problems are one line each, and what is accepted can be shown
// and read back.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "config/check.h"
#include "config/read.h"
#include "config/show.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sealpost;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  config::Problems problems("fuzz.toml");
  const config::Configuration configuration = config::read_text(text, "/etc/sealpost/fuzz.toml", problems);
  if (!problems.has_errors()) {
    config::check_values(configuration, problems);
    const std::string shown = config::show_toml(configuration);
    config::Problems again("shown.toml");
    config::Configuration read_back = config::read_text(shown, "/etc/sealpost/fuzz.toml", again);
    SEALPOST_ASSERT(!again.has_errors(), "what is shown reads back");
    SEALPOST_ASSERT(config::show_json(read_back).contains("\"hostname\""), "and is shown as JSON");
  }
  for (const config::Problem& problem : std::move(problems).take())
    SEALPOST_ASSERT(
        std::ranges::none_of(problem.to_string(), [](char c) { return c == '\n' || c == '\r' || c == '\0'; }),
        "a problem is one line");
  return 0;
}
