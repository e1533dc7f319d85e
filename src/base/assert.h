// SEALPOST_ASSERT(condition, "sentence"): our own mistakes. Active in release builds; ends the process, because a
// program that has found itself wrong must not acknowledge mail.
#pragma once

namespace sealpost {
[[noreturn]] void assertion_failed(const char* condition, const char* sentence, const char* file, int line) noexcept;
}

#define SEALPOST_ASSERT(condition, sentence) \
  (static_cast<bool>(condition) ? void(0) : ::sealpost::assertion_failed(#condition, sentence, __FILE__, __LINE__))
