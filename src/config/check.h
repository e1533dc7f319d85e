// What no type and no range can say about a configuration: values that contradict each other, files that are not there,
// mail that would have nowhere to go. The fit of key and certificate is checked by net::ServerTlsContext::load.
#pragma once
#include <string_view>

#include "config/configuration.h"
#include "config/problem.h"

namespace sealpost::config {

/// Contradictions between values. Touches no file.
void check_values(const Configuration& configuration, Problems& problems);

/// Files and directories that the server needs: present, readable, creatable. Only looks.
void check_files(const Configuration& configuration, Problems& problems);

/// A host name as DNS has it (RFC 1123 §2.1): letters, digits and hyphens in labels of at most 63, 253 octets in all.
bool is_host_name(std::string_view text);

/// Whether every domain that matches `other` also matches `pattern`.
bool covers(std::string_view pattern, std::string_view other);

}  // namespace sealpost::config
