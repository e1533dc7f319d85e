// SecretString: wiping and constant-time comparison without a crypto library.
#include "base/secret.h"

#include <string.h>

namespace sealpost {

void wipe(void* memory, std::size_t size) noexcept { explicit_bzero(memory, size); }

bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  unsigned char difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference =
        static_cast<unsigned char>(difference | (static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i])));
    asm volatile("" : "+r"(difference));  // keeps the compiler from leaving the loop early
  }
  return difference == 0;
}

}  // namespace sealpost
