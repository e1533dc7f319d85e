// UTF-8 at the border (RFC 3629): every text from a peer that is not ASCII passes here before anything else looks at
// it.
#pragma once
#include <string_view>

namespace sealpost {

/// True when every octet is below 0x80.
bool is_ascii(std::string_view text);
/// True for well-formed UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF, nothing cut off.
bool is_utf8(std::string_view text);

}  // namespace sealpost
