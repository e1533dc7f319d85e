// Names that break a back end which puts queries together from text: SQL, LDAP, shells, paths, formats. Used by the
// tests of every back end.
#pragma once
#include <array>
#include <string_view>

namespace sealpost::identity {

inline constexpr std::array<std::string_view, 20> kHostileNames = {
    "ann'; DROP TABLE users; --",
    "ann' OR '1'='1",
    "ann\" OR \"1\"=\"1",
    "' UNION SELECT 'ann@example.com','x',1,0,0 --",
    "ann@example.com'--",
    "ann@example.com\\",
    "ann\\'",
    "%",
    "_nn@example.com",
    "a%@example.com",
    "*",
    "ann*",
    "*)(uid=*))(|(uid=*",
    "ann)(|(password=*))",
    "../../etc/passwd",
    "$(reboot)",
    "`reboot`",
    "ann;reboot",
    "%n%n%s",
    "ann@example.com/*x*/",
};

}  // namespace sealpost::identity
