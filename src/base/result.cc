// Result<T>: texts for failed system calls.
#include "base/result.h"

#include <system_error>

namespace sealpost {

namespace {

Fault fault_of(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case ENOBUFS:
      return Fault::kResource;
    case ETIMEDOUT:
      return Fault::kTimeout;
    case ECONNREFUSED:
    case ECONNRESET:
    case EPIPE:
    case EHOSTUNREACH:
    case ENETUNREACH:
      return Fault::kNetwork;
    case ENOENT:
      return Fault::kNotFound;
    default:
      return Fault::kInternal;
  }
}

}  // namespace

std::unexpected<Error> fail_errno(std::string_view what, int error) {
  std::string text(what);
  text.append(": ").append(std::generic_category().message(error));
  return fail(fault_of(error), std::move(text));
}

}  // namespace sealpost
