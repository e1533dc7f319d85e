// The command line: reads the subcommand and hands over to its file. Exit status: 0 done, 1 refused or failed, 2 wrong
// usage.
#pragma once

namespace sealpost::cli {

inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kWrongUsage = 2;

int run(int argc, char** argv);

}  // namespace sealpost::cli
