// One event as one line of logfmt or JSON (RFC 8259), and the escaping both need. Pure: the time is an argument.
// Never lets through what could forge a line or drive a terminal: control characters (C0, DEL, C1), line and paragraph
// separators, bidirectional overrides and octets that are not UTF-8 are always written as escapes.
#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "observe/log.h"

namespace sealpost::observe {

/// Longer values are cut and end in "…": one field cannot fill the log.
inline constexpr std::size_t kValueOctetsMax = 4096;

std::string_view name_of(Level level);

/// Appends the line and its LF to `out`.
void append_line(std::string& out, LogFormat format, WallTime time, Level level, std::string_view event,
                 std::span<const Field> fields);

/// Appends `text` in double quotes with everything dangerous escaped, cut after `octets_max` octets of input.
/// For people: used for logfmt values and wherever a message quotes what a peer said.
void append_quoted(std::string& out, std::string_view text, std::size_t octets_max = kValueOctetsMax);

/// The same as a new string: quoted("EHLO x\r\n", 40) is "\"EHLO x\\r\\n\"".
std::string quoted(std::string_view text, std::size_t octets_max);

}  // namespace sealpost::observe
