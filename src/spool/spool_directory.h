// The directory of a durable spool: its layout, its mode and the marker of its format.
#pragma once
#include <string>

#include "base/result.h"

namespace sealpost::spool {

struct SpoolDirectory {
  std::string path;
  std::string index;     // RocksDB
  std::string segments;  // segment files

  /// Creates what is missing with mode 0700. Fault::kConfiguration when the directory cannot be used, holds something
  /// else, or holds another version of the format.
  static Result<SpoolDirectory> open(std::string path);
};

}  // namespace sealpost::spool
