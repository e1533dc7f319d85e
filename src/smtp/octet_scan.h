// Finds the octets that framing turns on, eight at a time, so that content costs a fraction of a nanosecond per octet.
// Never: a decision about what they mean.
#pragma once
#include <cstddef>
#include <string_view>

namespace sealpost::smtp {

/// Position of the first CR, LF or NUL at or behind `from`; text.size() when there is none.
std::size_t find_line_octet(std::string_view text, std::size_t from);

}  // namespace sealpost::smtp
