// RLIMIT_NOFILE: distributions still start services with a soft limit of 1024.
#include "daemon/descriptor_limit.h"

#include <algorithm>

#include <fmt/format.h>
#include <sys/resource.h>

namespace sealpost::daemon {

std::optional<std::string> raise_descriptor_limit(std::uint64_t connections) {
  const std::uint64_t wanted = connections + kReservedDescriptors;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return "the limit of open files cannot be read";
  if (limit.rlim_cur >= wanted) return std::nullopt;
  // Root may raise the hard limit as well; everybody else gets as far as it goes.
  const rlimit raised{wanted, std::max<rlim_t>(limit.rlim_max, wanted)};
  if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) return std::nullopt;
  const rlimit allowed{limit.rlim_max, limit.rlim_max};
  if (::setrlimit(RLIMIT_NOFILE, &allowed) == 0) limit.rlim_cur = limit.rlim_max;
  return fmt::format(
      "{} open files are allowed, but {} connections need {}: raise LimitNOFILE= or lower limits.connections_max",
      limit.rlim_cur, connections, wanted);
}

}  // namespace sealpost::daemon
