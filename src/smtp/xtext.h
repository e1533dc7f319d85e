// xtext (RFC 3461 §4): how ENVID, ORCPT and AUTH= carry octets that a parameter value may not contain.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace sealpost::smtp {

/// Nothing when `text` is not xtext: an octet outside "!" to "~", "=" or a "+" without two upper-case hexadecimal
/// digits. The result may hold any octet; the caller says what it allows.
std::optional<std::string> xtext_decode(std::string_view text);

/// The shortest xtext for `octets`.
std::string xtext_encode(std::string_view octets);

}  // namespace sealpost::smtp
