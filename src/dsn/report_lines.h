// Foreign text on its way into a report: one line, bounded, harmless, folded. Everything from outside passes here.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace sealpost::dsn {

enum class Text { kAscii, kUtf8 };

/// `text` as one line: line ends become spaces, other control characters "?", with kAscii also octets above 127; cut
/// behind `size_max` octets, never within a character.
std::string one_line(std::string_view text, Text kind, std::size_t size_max = 1000);

/// A header field, folded before spaces so that lines stay below 78 octets where there are spaces, and below 998 in any
/// case (RFC 5322 §2.1.1). `body` has been through one_line().
std::string field(std::string_view name, std::string_view body);

/// `text` in lines of at most 76 octets, each behind `indentation`; longer words are cut, never within a character.
std::string wrap(std::string_view text, std::string_view indentation);

}  // namespace sealpost::dsn
