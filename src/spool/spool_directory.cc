// Layout of the spool's directory. The marker is written before anything else, by rename, so it is there wholly or not
// at all.
#include "spool/spool_directory.h"

#include <array>
#include <cerrno>
#include <filesystem>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/descriptor.h"

namespace sealpost::spool {

namespace {

constexpr std::string_view kFormat = "sealpost spool 1\n";

Error unusable(const Error& error) { return {Fault::kConfiguration, "spool directory: " + error.text}; }

Result<void> make_directory(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) == 0) return {};
  if (errno != EEXIST) return std::unexpected(unusable(fail_errno("create " + path).error()));
  std::error_code error;
  if (!std::filesystem::is_directory(path, error))
    return fail(Fault::kConfiguration, path + " is not a directory, so it cannot be the spool");
  return {};
}

// Missing parents get the usual mode; only the spool itself is private.
Result<void> make_parents(const std::string& path) {
  const std::filesystem::path parent = std::filesystem::path(path).parent_path();
  std::error_code error;
  if (!parent.empty()) std::filesystem::create_directories(parent, error);
  if (error) return fail(Fault::kConfiguration, fmt::format("create {}: {}", parent.native(), error.message()));
  return {};
}

Result<void> write_marker(const std::string& directory, const std::string& marker) {
  const std::string draft = marker + ".new";
  {
    const Descriptor file(::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (file.get() < 0) return std::unexpected(unusable(fail_errno("create " + draft).error()));
    if (::write(file.get(), kFormat.data(), kFormat.size()) != static_cast<ssize_t>(kFormat.size()) ||
        ::fsync(file.get()) != 0)
      return fail_errno("write " + draft);
  }
  if (::rename(draft.c_str(), marker.c_str()) != 0) return fail_errno("rename " + draft);
  const Descriptor parent(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (parent.get() < 0 || ::fsync(parent.get()) != 0) return fail_errno("sync " + directory);
  return {};
}

Result<void> check_marker(const std::string& marker) {
  const Descriptor file(::open(marker.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (file.get() < 0) return std::unexpected(unusable(fail_errno("open " + marker).error()));
  std::array<char, 64> octets = {};
  const ssize_t size = ::read(file.get(), octets.data(), octets.size());
  if (size < 0) return fail_errno("read " + marker);
  if (std::string_view(octets.data(), static_cast<std::size_t>(size)) != kFormat)
    return fail(Fault::kConfiguration,
                fmt::format("{}: this spool has another format; this program reads \"sealpost spool 1\"", marker));
  return {};
}

}  // namespace

Result<SpoolDirectory> SpoolDirectory::open(std::string path) {
  SpoolDirectory directory{path, path + "/index", path + "/segments"};
  if (auto made = make_parents(path); !made) return std::unexpected(std::move(made).error());
  if (auto made = make_directory(path); !made) return std::unexpected(std::move(made).error());

  const std::string marker = path + "/format";
  std::error_code error;
  const bool has_marker = std::filesystem::exists(marker, error);
  if (!has_marker && std::filesystem::exists(directory.index, error))
    return fail(Fault::kConfiguration, fmt::format("{} has an index but no file \"format\": not a spool", path));
  auto marked = has_marker ? check_marker(marker) : write_marker(path, marker);
  if (!marked) return std::unexpected(std::move(marked).error());

  for (const std::string& part : {directory.index, directory.segments})
    if (auto made = make_directory(part); !made) return std::unexpected(std::move(made).error());
  return directory;
}

}  // namespace sealpost::spool
