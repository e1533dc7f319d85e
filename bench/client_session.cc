// ClientSession: a queue of expected replies and one method per kind. A refused command fails its message, is counted,
// and the session goes on with RSET (RFC 5321 §4.1.1.5); 421 and refused logins end it.
#include "client_session.h"

#include <fmt/core.h>
#include <openssl/evp.h>

#include "message_source.h"

namespace sealpost::bench {
namespace {

constexpr std::size_t kReplyBytesMax = std::size_t{64} << 10;

/// RFC 5321 §4.2: the length of the first whole reply in `input`, multi-line or not; 0 when it is not whole yet.
std::size_t whole_reply(std::string_view input) {
  for (std::size_t begin = 0;;) {
    const std::size_t end = input.find("\r\n", begin);
    if (end == std::string_view::npos) return 0;
    if (end - begin < 4 || input[begin + 3] != '-') return end + 2;
    begin = end + 2;
  }
}

/// RFC 4954 §4, RFC 4616 §2: AUTH PLAIN with its initial response.
std::string auth_plain(const std::string& user, const std::string& password) {
  std::string message;
  message.append(1, '\0').append(user).append(1, '\0').append(password);
  std::string encoded(((message.size() + 2) / 3 * 4) + 1, '\0');
  const int length =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()),
                      reinterpret_cast<const unsigned char*>(message.data()), static_cast<int>(message.size()));
  encoded.resize(static_cast<std::size_t>(length));
  return "AUTH PLAIN " + encoded;
}

}  // namespace

void ClientSession::command(std::string& output, std::string_view line, Expected expected) {
  output.append(line).append("\r\n");
  expected_.push_back(expected);
}

void ClientSession::advance(std::string& input, std::string& output) {
  std::size_t used = 0;
  while (!is_over_ && !wants_tls_) {
    const std::string_view rest = std::string_view(input).substr(used);
    const std::size_t length = whole_reply(rest);
    if (length == 0) {
      if (rest.size() > kReplyBytesMax) give_up(Expected::kQuit, "reply too long");
      break;
    }
    take_reply(rest.substr(0, length - 2), output);
    used += length;
  }
  input.erase(0, used);
}

void ClientSession::secured(std::string& output) {
  is_secured_ = true;
  if (!wants_tls_) return;  // Implicit TLS: the greeting comes next.
  wants_tls_ = false;
  command(output, "EHLO load.invalid", Expected::kEhlo);
}

void ClientSession::take_reply(std::string_view reply, std::string& output) {
  if (expected_.empty()) return give_up(Expected::kQuit, reply);
  const Expected expected = expected_.front();
  expected_.erase(expected_.begin());
  // RFC 5321 §3.8: 421 may answer any command and ends the session.
  if (reply.starts_with("421")) return give_up(expected, reply);
  switch (expected) {
    case Expected::kGreeting:
    case Expected::kStartTls:
    case Expected::kAuth:
      return take_greeting_or_login(expected, reply, output);
    case Expected::kEhlo:
      return take_ehlo(reply, output);
    case Expected::kMail:
    case Expected::kRcpt:
      return take_envelope_reply(expected, reply, output);
    case Expected::kData:
      return take_data_reply(reply, output);
    case Expected::kFinal:
      return take_final(reply, output);
    case Expected::kReset:
      return begin_message(output);
    case Expected::kQuit:
      is_over_ = true;
      return;
  }
}

void ClientSession::take_greeting_or_login(Expected expected, std::string_view reply, std::string& output) {
  if (!reply.starts_with('2')) return give_up(expected, reply);
  if (expected == Expected::kGreeting) {
    command(output, "EHLO load.invalid", Expected::kEhlo);
  } else if (expected == Expected::kStartTls) {
    wants_tls_ = true;
  } else {
    begin_message(output);
  }
}

void ClientSession::take_ehlo(std::string_view reply, std::string& output) {
  if (!reply.starts_with('2')) return give_up(Expected::kEhlo, reply);
  if (settings_.tls == TlsMode::kStartTls && !is_secured_) {
    return command(output, "STARTTLS", Expected::kStartTls);
  }
  may_pipeline_ = settings_.is_pipelining && reply.find("PIPELINING") != std::string_view::npos;
  if (settings_.uses_bdat && reply.find("CHUNKING") == std::string_view::npos) {
    return give_up(Expected::kEhlo, "no CHUNKING");
  }
  if (settings_.user.empty()) return begin_message(output);
  command(output, auth_plain(settings_.user, settings_.password), Expected::kAuth);
}

void ClientSession::begin_message(std::string& output) {
  is_in_transaction_ = false;
  if (settings_.idle > 0) {
    is_ready_ = true;
    return;
  }
  if (messages_ == settings_.messages || !owner_.may_send()) return command(output, "QUIT", Expected::kQuit);
  ++messages_;
  has_failed_ = false;
  is_in_transaction_ = true;
  command(output,
          fmt::format("MAIL FROM:<{}> SIZE={}", expand_pattern(settings_.from, messages_, number_),
                      owner_.message_size_bytes()),
          Expected::kMail);
  if (!may_pipeline_) return;
  command(output, fmt::format("RCPT TO:<{}>", expand_pattern(settings_.to, messages_, number_)), Expected::kRcpt);
  if (settings_.uses_bdat) {
    send_body(output);
  } else {
    command(output, "DATA", Expected::kData);
  }
}

void ClientSession::send_body(std::string& output) {
  if (settings_.uses_bdat) output += fmt::format("BDAT {} LAST\r\n", owner_.message_size_bytes());
  message_ = owner_.append_message(output);
  if (!settings_.uses_bdat) output += ".\r\n";
  expected_.push_back(Expected::kFinal);
  awaits_final_ = true;
}

void ClientSession::end_failed_message(std::string& output) { command(output, "RSET", Expected::kReset); }

void ClientSession::take_envelope_reply(Expected expected, std::string_view reply, std::string& output) {
  if (!reply.starts_with('2')) {
    if (!has_failed_) refuse(expected, reply);
    has_failed_ = true;
  }
  if (may_pipeline_) return;
  if (has_failed_) return end_failed_message(output);
  if (expected == Expected::kMail) {
    command(output, fmt::format("RCPT TO:<{}>", expand_pattern(settings_.to, messages_, number_)), Expected::kRcpt);
  } else if (settings_.uses_bdat) {
    send_body(output);
  } else {
    command(output, "DATA", Expected::kData);
  }
}

void ClientSession::take_data_reply(std::string_view reply, std::string& output) {
  if (reply.starts_with("354")) {
    if (!has_failed_) return send_body(output);
    // RFC 2920 §3.1: DATA was accepted although nobody is to receive it; an empty body ends it.
    output += ".\r\n";
    expected_.push_back(Expected::kFinal);
    return;
  }
  if (!has_failed_) refuse(Expected::kData, reply);
  end_failed_message(output);
}

void ClientSession::take_final(std::string_view reply, std::string& output) {
  awaits_final_ = false;
  if (reply.starts_with('2') && !has_failed_) {
    owner_.accepted(message_, reply);
    return begin_message(output);
  }
  if (!has_failed_) refuse(Expected::kFinal, reply);
  // A refused BDAT leaves its transaction open (RFC 3030 §2); after DATA, RSET changes nothing.
  end_failed_message(output);
}

void ClientSession::refuse(Expected expected, std::string_view reply) {
  constexpr std::string_view kNames[] = {"greeting", "EHLO", "STARTTLS", "AUTH", "MAIL",
                                         "RCPT",     "DATA", "final",    "RSET", "QUIT"};
  const std::string_view code = reply.substr(0, reply.starts_with("no ") ? reply.size() : 3);
  owner_.refused(fmt::format("{} {}", kNames[static_cast<std::size_t>(expected)], code));
}

void ClientSession::give_up(Expected expected, std::string_view reply) {
  refuse(expected, reply);
  is_over_ = true;
}

}  // namespace sealpost::bench
