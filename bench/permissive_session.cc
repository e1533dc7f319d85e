// PermissiveSession: commands are recognised, answered in order and otherwise believed. Only CRLF ends a line and only
// CRLF.CRLF ends DATA (RFC 5321 §2.3.8), so that a peer's framing faults show up here as missing messages.
#include "permissive_session.h"

#include <algorithm>
#include <charconv>

#include <fmt/core.h>
#include <strings.h>

namespace sealpost::bench {
namespace {

constexpr std::size_t kLineBytesMax = 12'288;                  // RFC 4954 §4: enough for every AUTH line.
constexpr std::size_t kBodyBytesMax = std::size_t{128} << 20;  // A sink must not eat the machine.
constexpr std::size_t kKeptBodyBytes = std::size_t{256} << 10;

bool begins_with_word(std::string_view line, std::string_view word) {
  return line.size() >= word.size() && strncasecmp(line.data(), word.data(), word.size()) == 0 &&
         (line.size() == word.size() || line[word.size()] == ' ' || word.back() == ':');
}

}  // namespace

std::size_t find_end_of_data(std::string_view body, std::size_t from) {
  // Dots are rare in bodies and memchr is fast, so the search goes from dot to dot.
  for (std::size_t dot = body.find('.', from); dot != std::string_view::npos; dot = body.find('.', dot + 1)) {
    const bool begins_line = dot == 0 || (dot >= 2 && body.substr(dot - 2, 2) == "\r\n");
    if (begins_line && body.substr(dot + 1, 2) == "\r\n") return dot + 3;
  }
  return std::string_view::npos;
}

std::string without_dot_stuffing(std::string_view body) {
  std::string plain;
  plain.reserve(body.size());
  while (!body.empty()) {
    if (body.front() == '.') body.remove_prefix(1);
    const std::size_t end = body.find("\r\n");
    const std::size_t length = end == std::string_view::npos ? body.size() : end + 2;
    plain.append(body.substr(0, length));
    body.remove_prefix(length);
  }
  return plain;
}

void PermissiveSession::greet(std::string& output) const { output += "220 bench.invalid ESMTP\r\n"; }

void PermissiveSession::reset_transaction() {
  has_sender_ = false;
  is_chunked_ = false;
  recipients_ = 0;
  scanned_ = 0;
  envelope_.clear();
  body_.clear();
  if (body_.capacity() > kKeptBodyBytes) body_.shrink_to_fit();
}

void PermissiveSession::secured() {
  // RFC 3207 §4.2: nothing known from before TLS survives it.
  offers_starttls_ = false;
  state_ = State::kCommand;
  reset_transaction();
}

PermissiveSession::Event PermissiveSession::advance(std::string& input, std::string& output) {
  std::size_t used = 0;
  Event event = Event::kNeedInput;
  while (event == Event::kNeedInput && used < input.size()) {
    if (state_ == State::kData || state_ == State::kChunk) {
      input.erase(0, used);
      used = 0;
      event = state_ == State::kData ? take_data(input, output) : take_chunk(input, output);
      continue;
    }
    const std::size_t end = input.find("\r\n", used);
    if (end == std::string::npos) {
      if (input.size() - used > kLineBytesMax) {
        output += "500 5.5.6 Line too long\r\n";
        event = Event::kClose;
      }
      break;
    }
    const std::string_view line(input.data() + used, end - used);
    used = end + 2;
    event = run_line(line, output);
  }
  input.erase(0, used);
  return event;
}

PermissiveSession::Event PermissiveSession::run_line(std::string_view line, std::string& output) {
  switch (state_) {
    case State::kLoginUser:
      state_ = State::kLoginPassword;
      output += "334 UGFzc3dvcmQ6\r\n";
      return Event::kNeedInput;
    case State::kLoginPassword:
    case State::kPlain:
      state_ = State::kCommand;
      output += line == "*" ? "501 5.7.0 Cancelled\r\n" : "235 2.7.0 Authentication successful\r\n";
      return Event::kNeedInput;
    default:
      return run_command(line, output);
  }
}

PermissiveSession::Event PermissiveSession::run_command(std::string_view line, std::string& output) {
  if (begins_with_word(line, "MAIL FROM:")) {
    reset_transaction();
    has_sender_ = true;
    envelope_.append(line).append("\r\n");
    output += "250 2.1.0 Ok\r\n";
  } else if (begins_with_word(line, "RCPT TO:")) {
    if (has_sender_) {
      envelope_.append(line).append("\r\n");
      return Event::kRecipient;
    }
    output += "503 5.5.1 MAIL first\r\n";
  } else if (begins_with_word(line, "DATA")) {
    if (recipients_ == 0 || is_chunked_) {
      output += "503 5.5.1 RCPT first\r\n";
    } else {
      state_ = State::kData;
      output += "354 End data with <CR><LF>.<CR><LF>\r\n";
    }
  } else if (begins_with_word(line, "BDAT")) {
    return begin_chunk(line.substr(4), output);
  } else if (begins_with_word(line, "EHLO") || begins_with_word(line, "HELO")) {
    reset_transaction();
    output += "250-bench.invalid\r\n250-PIPELINING\r\n250-SIZE 134217728\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n";
    output += "250-CHUNKING\r\n250-DSN\r\n";
    output += offers_starttls_ ? "250-STARTTLS\r\n" : "";
    output += "250-AUTH PLAIN LOGIN\r\n250 ENHANCEDSTATUSCODES\r\n";
  } else if (begins_with_word(line, "AUTH PLAIN")) {
    if (line.size() > 11) {
      output += "235 2.7.0 Authentication successful\r\n";
    } else {
      state_ = State::kPlain;
      output += "334 \r\n";
    }
  } else if (begins_with_word(line, "AUTH LOGIN")) {
    state_ = line.size() > 11 ? State::kLoginPassword : State::kLoginUser;
    output += line.size() > 11 ? "334 UGFzc3dvcmQ6\r\n" : "334 VXNlcm5hbWU6\r\n";
  } else if (begins_with_word(line, "RSET")) {
    reset_transaction();
    output += "250 2.0.0 Ok\r\n";
  } else if (begins_with_word(line, "NOOP")) {
    output += "250 2.0.0 Ok\r\n";
  } else if (begins_with_word(line, "STARTTLS") && offers_starttls_) {
    output += "220 2.0.0 Ready to start TLS\r\n";
    return Event::kStartTls;
  } else if (begins_with_word(line, "QUIT")) {
    output += "221 2.0.0 Bye\r\n";
    return Event::kClose;
  } else {
    output += "500 5.5.1 Command not recognised\r\n";
  }
  return Event::kNeedInput;
}

PermissiveSession::Event PermissiveSession::begin_chunk(std::string_view arguments, std::string& output) {
  arguments.remove_prefix(std::min<std::size_t>(1, arguments.size()));
  std::uint64_t size = 0;
  const auto [end, error] = std::from_chars(arguments.data(), arguments.data() + arguments.size(), size);
  const std::string_view rest = arguments.substr(static_cast<std::size_t>(end - arguments.data()));
  if (error != std::errc{} || (!rest.empty() && strncasecmp(rest.data(), " LAST", rest.size()) != 0)) {
    output += "501 5.5.4 Syntax: BDAT size [LAST]\r\n";
    return Event::kClose;
  }
  is_chunked_ = true;
  is_last_chunk_ = !rest.empty();
  chunk_size_ = chunk_left_ = size;
  state_ = State::kChunk;
  std::string nothing;
  return size == 0 ? take_chunk(nothing, output) : Event::kNeedInput;
}

PermissiveSession::Event PermissiveSession::take_chunk(std::string& input, std::string& output) {
  const std::size_t taken = std::min<std::size_t>(chunk_left_, input.size());
  // RFC 3030 §2: a refused chunk is still swallowed.
  if (recipients_ > 0) body_.append(input, 0, taken);
  input.erase(0, taken);
  chunk_left_ -= taken;
  if (body_.size() > kBodyBytesMax) {
    output += "552 5.3.4 Message too large\r\n";
    return Event::kClose;
  }
  if (chunk_left_ > 0) return Event::kNeedInput;
  state_ = State::kCommand;
  if (recipients_ == 0) {
    reset_transaction();
    output += "503 5.5.1 RCPT first\r\n";
    return Event::kNeedInput;
  }
  if (is_last_chunk_) return Event::kMessage;
  output += fmt::format("250 2.0.0 {} octets received\r\n", chunk_size_);
  return Event::kNeedInput;
}

PermissiveSession::Event PermissiveSession::take_data(std::string& input, std::string& output) {
  if (body_.empty()) {
    body_.swap(input);
  } else {
    body_.append(input);
  }
  input.clear();
  const std::size_t end = find_end_of_data(body_, scanned_);
  if (end == std::string::npos) {
    // The last four octets may be the beginning of the end.
    scanned_ = body_.size() < 4 ? 0 : body_.size() - 4;
    if (body_.size() <= kBodyBytesMax) return Event::kNeedInput;
    output += "552 5.3.4 Message too large\r\n";
    return Event::kClose;
  }
  input.assign(body_, end);
  body_.resize(end - 3);
  state_ = State::kCommand;
  return Event::kMessage;
}

void PermissiveSession::accept_recipient(std::string& output) {
  ++recipients_;
  output += "250 2.1.5 Ok\r\n";
}

void PermissiveSession::refuse_recipient(std::string_view reply, std::string& output) {
  output.append(reply).append("\r\n");
}

void PermissiveSession::finish_message(std::string_view reply, std::string& output) {
  output.append(reply).append("\r\n");
  reset_transaction();
}

}  // namespace sealpost::bench
