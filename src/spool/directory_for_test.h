// A directory of its own for one test, gone afterwards.
#pragma once
#include <filesystem>
#include <string>
#include <system_error>

#include <stdlib.h>

#include "base/assert.h"

namespace sealpost::spool::for_test {

class Directory {
 public:
  Directory() {
    std::string path = (std::filesystem::temp_directory_path() / "sealpost-spool-XXXXXX").native();
    SEALPOST_ASSERT(::mkdtemp(path.data()) != nullptr, "a test can make a directory");
    root_ = path;
  }
  ~Directory() {
    std::error_code error;
    std::filesystem::remove_all(root_, error);
  }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  /// A path that does not exist yet, inside.
  std::string path() const { return (root_ / "spool").native(); }

 private:
  std::filesystem::path root_;
};

}  // namespace sealpost::spool::for_test
