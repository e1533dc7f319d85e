// Loading a sealpost.toml: read, complete, check. All problems are found in one run.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/configuration.h"
#include "config/problem.h"

namespace sealpost::config {

inline constexpr char kDefaultFile[] = "/etc/sealpost/sealpost.toml";

enum class Depth {
  kValues,  // what the file says: enough for tools that need a path or a name out of it
  kFiles,   // and that the files it names are there: what the server needs
};

struct Loaded {
  std::optional<Configuration> configuration;  // absent when there is an error among the problems
  std::vector<Problem> problems;               // in the order of the file; warnings too
};

/// Reads `path`, at most kTextMax octets of it. Relative paths in it are relative to its directory.
Loaded load_all(const std::string& path, Depth depth = Depth::kFiles);

/// The same for those who need it or nothing. The Error is Fault::kConfiguration and one line: the first error as
/// "FILE:LINE: text", and how many more there are. Warnings are dropped; `load_all` has them.
Result<Configuration> load(const std::string& path, Depth depth = Depth::kFiles);

}  // namespace sealpost::config
