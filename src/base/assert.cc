// SEALPOST_ASSERT: says what was wrong on stderr without allocating, then aborts.
#include "base/assert.h"

#include <cstdio>
#include <cstdlib>

namespace sealpost {

void assertion_failed(const char* condition, const char* sentence, const char* file, int line) noexcept {
  std::fprintf(stderr, "sealpost: assertion failed at %s:%d: %s (%s)\n", file, line, sentence, condition);
  std::abort();
}

}  // namespace sealpost
