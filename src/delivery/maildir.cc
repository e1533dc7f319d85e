// Maildir: the steps of the specification, one function each.
#include "delivery/maildir.h"

#include <algorithm>
#include <atomic>
#include <chrono>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/descriptor.h"

namespace sealpost::delivery {

namespace {

// One write call per this much; a message below it is written with one.
constexpr std::size_t kWriteSize = std::size_t{256} * 1024;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_plain_file_name(std::string_view text) {
  if (text.empty() || text.front() == '.') return false;
  return std::ranges::all_of(text, [](char c) {
    const char l = lower(c);
    return (l >= 'a' && l <= 'z') || (c >= '0' && c <= '9') || std::string_view("._+-=").contains(c);
  });
}

Result<void> make_directory(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return fail_errno("create " + path);
}

Result<void> make_maildir(const std::string& directory) {
  // Parents are made too, one after the other: a pattern with {domain} needs them.
  for (std::size_t slash = directory.find('/', 1); slash != std::string::npos; slash = directory.find('/', slash + 1))
    if (auto made = make_directory(directory.substr(0, slash)); !made) return made;
  for (const char* part : {"", "/tmp", "/cur", "/new"})
    if (auto made = make_directory(directory + part); !made) return made;
  return {};
}

Result<void> write_all(int fd, std::string_view octets, const std::string& path) {
  while (!octets.empty()) {
    const ssize_t written = ::write(fd, octets.data(), octets.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail_errno("write " + path);
    octets.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Result<void> sync_directory(const std::string& path) {
  const Descriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() < 0) return fail_errno("open " + path);
  if (::fsync(directory.get()) != 0) return fail_errno("sync " + path);
  return {};
}

// Returns the size of the file.
Result<std::size_t> write_file(const std::string& path, std::string_view header, message::BodySource& body) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (file.get() < 0) return fail_errno("create " + path);
  std::string buffer(header);
  std::size_t size = 0;
  LineEndings line_endings;
  for (bool is_over = false; !is_over;) {
    const auto piece = body.next();
    if (!piece) return std::unexpected(piece.error());
    is_over = piece->empty();
    if (is_over)
      line_endings.finish(buffer);
    else
      line_endings.append(*piece, buffer);
    if (!is_over && buffer.size() < kWriteSize) continue;
    if (auto written = write_all(file.get(), buffer, path); !written) return std::unexpected(written.error());
    size += buffer.size();
    buffer.clear();
  }
  if (::fsync(file.get()) != 0) return fail_errno("sync " + path);
  return size;
}

}  // namespace

std::optional<std::string> maildir_path(std::string_view pattern, const smtp::Mailbox& recipient) {
  std::string path;
  while (!pattern.empty()) {
    const auto insert = [&](std::string_view placeholder, std::string_view value) {
      if (!pattern.starts_with(placeholder)) return false;
      pattern.remove_prefix(placeholder.size());
      std::ranges::transform(value, std::back_inserter(path), lower);
      return true;
    };
    if (pattern.starts_with("{local_part}") && !is_plain_file_name(recipient.local_part())) return std::nullopt;
    if (pattern.starts_with("{domain}") && !is_plain_file_name(recipient.domain().text())) return std::nullopt;
    if (insert("{local_part}", recipient.local_part()) || insert("{domain}", recipient.domain().text())) continue;
    path.push_back(pattern.front());
    pattern.remove_prefix(1);
  }
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

std::string maildir_header(const smtp::ReversePath& reverse_path, const smtp::Mailbox& recipient) {
  return fmt::format("Return-Path: {}\nDelivered-To: {}\n", smtp::to_path(reverse_path), recipient.to_string());
}

void LineEndings::append(std::string_view piece, std::string& out) {
  if (piece.empty()) return;
  if (holds_cr_ && piece.front() != '\n') out.push_back('\r');
  holds_cr_ = piece.back() == '\r';
  if (holds_cr_) piece.remove_suffix(1);
  out.reserve(out.size() + piece.size());
  while (!piece.empty()) {
    const std::size_t line_end = piece.find("\r\n");
    out.append(piece.substr(0, line_end));
    if (line_end == std::string_view::npos) break;
    piece.remove_prefix(line_end + 1);
  }
}

void LineEndings::finish(std::string& out) {
  if (holds_cr_) out.push_back('\r');
  holds_cr_ = false;
}

Result<std::string> write_to_maildir(const std::string& directory, const std::string& unique, std::string_view header,
                                     message::BodySource& body) {
  const std::string temporary = directory + "/tmp/" + unique;
  auto size = write_file(temporary, header, body);
  if (!size && size.error().fault == Fault::kNotFound) {
    if (auto made = make_maildir(directory); !made) return std::unexpected(made.error());
    if (auto again = body.rewind(); !again) return std::unexpected(again.error());
    size = write_file(temporary, header, body);
  }
  if (!size) {
    ::unlink(temporary.c_str());
    return std::unexpected(size.error());
  }
  const std::string final_path = fmt::format("{}/new/{},S={}", directory, unique, *size);
  if (::rename(temporary.c_str(), final_path.c_str()) != 0) {
    auto failure = fail_errno("rename " + temporary + " into new/");
    ::unlink(temporary.c_str());
    return failure;
  }
  if (auto synced = sync_directory(directory + "/new"); !synced) return std::unexpected(synced.error());
  return final_path;
}

std::string maildir_unique_name(std::string_view hostname) {
  static std::atomic<std::uint64_t> count = 0;
  const auto now =
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count();
  // The specification: a host name with "/" or ":" is written with \057 and \072.
  std::string host;
  for (const char c : hostname) {
    if (c == '/')
      host += "\\057";
    else if (c == ':')
      host += "\\072";
    else
      host += c;
  }
  return fmt::format("{}.M{}P{}Q{}.{}", now / 1'000'000, now % 1'000'000, ::getpid(), ++count, host);
}

}  // namespace sealpost::delivery
