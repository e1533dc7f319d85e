// Passwords from people and pipes.
#include "cli/password_input.h"

#include <array>
#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>
#include <termios.h>
#include <unistd.h>

#include "identity/password_hash.h"

namespace sealpost::cli {

namespace {

constexpr std::size_t kLineMax =
    1024;  // more than any password that is accepted, so that a long one is told to be too long

/// Switches the terminal's echo off as long as it lives.
class Silence {
 public:
  explicit Silence(int terminal) : terminal_(terminal), is_active_(tcgetattr(terminal, &before_) == 0) {
    if (!is_active_) return;
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    is_active_ = tcsetattr(terminal_, TCSAFLUSH, &silent) == 0;
  }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;
  ~Silence() {
    if (is_active_) tcsetattr(terminal_, TCSAFLUSH, &before_);
  }
  bool is_active() const { return is_active_; }

 private:
  int terminal_;
  termios before_{};
  bool is_active_;
};

/// Octet by octet, so that nothing behind the line is taken from the descriptor.
Result<SecretString> read_line(int descriptor) {
  std::array<char, kLineMax> line{};
  std::size_t size = 0;
  while (size < line.size()) {
    const ssize_t got = read(descriptor, &line.at(size), 1);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno("cannot read the password");
    if (got == 0 || line.at(size) == '\n') break;
    ++size;
  }
  if (size > 0 && size < line.size() && line.at(size - 1) == '\r') --size;
  SecretString secret(std::string_view(line.data(), size));
  wipe(line.data(), line.size());
  return secret;
}

void say(int terminal, std::string_view text) {
  // A prompt that cannot be written is no reason to give up.
  ignore(write(terminal, text.data(), text.size()), "the answer is read all the same");
}

Result<SecretString> ask(int terminal, std::string_view prompt) {
  say(terminal, prompt);
  Result<SecretString> secret = read_line(terminal);
  say(terminal, "\n");
  return secret;
}

Result<SecretString> ask_twice(const std::string& name) {
  if (isatty(STDIN_FILENO) == 0)
    return fail(Fault::kConfiguration, "standard input is no terminal; give the password with --password-stdin");
  const Silence silence(STDIN_FILENO);
  if (!silence.is_active()) return fail_errno("cannot switch off the echo of the terminal");
  Result<SecretString> first = ask(STDIN_FILENO, fmt::format("Password for {}: ", name));
  if (!first) return first;
  const Result<SecretString> second = ask(STDIN_FILENO, "The same again: ");
  if (!second) return fail(second.error().fault, second.error().text);
  if (!(*first == *second)) return fail(Fault::kConfiguration, "the two passwords differ");
  return first;
}

}  // namespace

Result<SecretString> read_new_password(bool from_stdin, const std::string& name) {
  Result<SecretString> password = from_stdin ? read_line(STDIN_FILENO) : ask_twice(name);
  if (!password) return password;
  if (const std::string_view reason = identity::why_password_is_unusable(*password); !reason.empty())
    return fail(Fault::kConfiguration, std::string(reason));
  return password;
}

}  // namespace sealpost::cli
