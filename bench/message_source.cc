// MessageSource: the template is made once; a message is the template with 27 characters overwritten in two places.
#include "message_source.h"

#include <cstring>
#include <random>

#include <fmt/core.h>

namespace sealpost::bench {
namespace {

constexpr std::size_t kLineLength = 76;

std::string body_of(std::size_t size) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::minstd_rand random(1);  // The same body in every run, so that runs compare.
  std::string body;
  while (body.size() + 2 < size) {
    const std::size_t length = std::min(kLineLength, size - body.size() - 2);
    for (std::size_t i = 0; i < length; ++i) body += kAlphabet[random() % kAlphabet.size()];
    body += "\r\n";
  }
  return body;
}

}  // namespace

MessageSource::MessageSource(std::uint64_t run, std::size_t size_bytes, std::string_view from)
    : run_(fmt::format("{:016x}", run)) {
  const std::string id = id_of(0);
  text_ = fmt::format("Date: Mon, 23 Nov 2026 12:00:00 +0000\r\nFrom: <{}>\r\nTo: recipients: ;\r\nMessage-ID: <",
                      expand_pattern(from, 0, 0));
  message_id_ = text_.size();
  text_ += id + "@load.invalid>\r\nX-Sealpost-Id: ";
  id_field_ = text_.size();
  text_ += id + "\r\nSubject: load\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n";
  if (size_bytes > text_.size()) text_ += body_of(size_bytes - text_.size());
}

std::string MessageSource::id_of(std::uint64_t number) const { return fmt::format("{}-{:010}", run_, number); }

void MessageSource::append_to(std::string& output, std::uint64_t number) {
  const std::string id = id_of(number);
  text_.replace(id_field_, kIdLength, id, 0, kIdLength);
  text_.replace(message_id_, kIdLength, id, 0, kIdLength);
  output += text_;
}

std::string expand_pattern(std::string_view pattern, std::uint64_t message_number, std::uint64_t connection_number) {
  std::string text;
  while (!pattern.empty()) {
    if (pattern.starts_with("{n}") || pattern.starts_with("{c}")) {
      text += fmt::format("{}", pattern[1] == 'n' ? message_number : connection_number);
      pattern.remove_prefix(3);
    } else {
      text += pattern.front();
      pattern.remove_prefix(1);
    }
  }
  return text;
}

}  // namespace sealpost::bench
