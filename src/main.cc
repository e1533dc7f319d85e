// sealpost: one binary, one file per subcommand in cli/.
#include "cli/cli.h"

int main(int argc, char** argv) { return sealpost::cli::run(argc, argv); }
