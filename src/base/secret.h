// SecretString: a password or key. Wiped when it dies, cannot be printed, compared in constant time.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace sealpost {

/// Overwrites memory in a way the optimizer keeps.
void wipe(void* memory, std::size_t size) noexcept;

/// Compares in a time that depends on the lengths alone.
bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept;

class SecretString {
 public:
  SecretString() = default;
  explicit SecretString(std::string_view text) : text_(text) {}
  SecretString(SecretString&& other) noexcept : text_(other.text_) { other.clear(); }
  SecretString& operator=(SecretString&& other) noexcept {
    if (this != &other) {
      clear();
      text_ = other.text_;
      other.clear();
    }
    return *this;
  }
  SecretString(const SecretString&) = delete;
  SecretString& operator=(const SecretString&) = delete;
  ~SecretString() { clear(); }

  SecretString copy() const { return SecretString(text_); }
  /// The secret itself, for the one call that needs it. Never store, log or format what this returns.
  std::string_view reveal() const { return text_; }
  bool empty() const { return text_.empty(); }
  std::size_t size() const { return text_.size(); }

  friend bool operator==(const SecretString& a, const SecretString& b) {
    return equal_in_constant_time(a.text_, b.text_);
  }

 private:
  void clear() noexcept {
    wipe(text_.data(), text_.capacity());
    text_.clear();
  }
  std::string text_;
};

}  // namespace sealpost
