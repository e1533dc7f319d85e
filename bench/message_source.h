// MessageSource: messages of one size that differ in their unique id alone, so that making one is a copy. RFC 5322
// header; body lines of 76 characters that begin with no dot and do not compress to nothing.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace sealpost::bench {

class MessageSource {
 public:
  static constexpr std::size_t kIdLength = 27;  // RUN (16 hex) - NUMBER (10 digits)

  /// `run` makes the ids of one run differ from those of every other.
  MessageSource(std::uint64_t run, std::size_t size_bytes, std::string_view from);

  /// Appends the message with the id of `number`; ends with CRLF.
  void append_to(std::string& output, std::uint64_t number);
  std::string id_of(std::uint64_t number) const;
  std::size_t size_bytes() const { return text_.size(); }

 private:
  std::string run_;
  std::string text_;
  std::size_t id_field_ = 0;    // offset of the id in X-Sealpost-Id
  std::size_t message_id_ = 0;  // and in Message-ID
};

/// `pattern` with "{n}" replaced by the message's number and "{c}" by the connection's.
std::string expand_pattern(std::string_view pattern, std::uint64_t message_number, std::uint64_t connection_number);

}  // namespace sealpost::bench
