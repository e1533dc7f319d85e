// Channel on OpenSSL with a BIO of its own: reads come from the bytes of the last recv, writes are gathered and leave
// in one send. A partial record stays inside OpenSSL, so no buffer of ours outlives a call of receive().
#include "channel.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <sys/socket.h>

namespace sealpost::bench {
namespace {

constexpr std::size_t kReceiveBytes = std::size_t{256} << 10;  // Several 16 KiB records in one system call.
constexpr std::size_t kPlainBytes = std::size_t{16} << 10;     // RFC 8446 §5.1: the largest plaintext of a record.
constexpr std::size_t kKeptCapacityBytes = std::size_t{128} << 10;

std::array<char, kReceiveBytes>& receive_scratch() {
  thread_local std::array<char, kReceiveBytes> scratch;
  return scratch;
}

// An idle connection must not keep the buffer of its largest message.
void empty_buffer(std::string& buffer) {
  buffer.clear();
  if (buffer.capacity() > kKeptCapacityBytes) buffer.shrink_to_fit();
}

}  // namespace

BIO_METHOD* Channel::memory_method() {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "bench channel");
    BIO_meth_set_read(made, &Channel::read_arrived);
    BIO_meth_set_write(made, &Channel::write_wire);
    BIO_meth_set_ctrl(made, &Channel::control);
    return made;
  }();
  return method;
}

int Channel::read_arrived(BIO* bio, char* buffer, int size) {
  auto* channel = static_cast<Channel*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  if (channel->arrived_.empty()) {
    BIO_set_retry_read(bio);
    return -1;
  }
  const std::size_t taken = std::min(channel->arrived_.size(), static_cast<std::size_t>(size));
  std::memcpy(buffer, channel->arrived_.data(), taken);
  channel->arrived_.remove_prefix(taken);
  return static_cast<int>(taken);
}

int Channel::write_wire(BIO* bio, const char* data, int size) {
  auto* channel = static_cast<Channel*>(BIO_get_data(bio));
  channel->wire_.append(data, static_cast<std::size_t>(size));
  return size;
}

long Channel::control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

void Channel::attach_tls(SSL_CTX* context) {
  wire_.append(output);
  output.clear();
  tls_.reset(SSL_new(context));
  BIO* bio = BIO_new(memory_method());
  if (!tls_ || bio == nullptr) die("out of memory for a TLS connection");
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(tls_.get(), bio, bio);
  is_handshaking_ = true;
}

void Channel::start_tls_as_server(SSL_CTX* context) {
  attach_tls(context);
  SSL_set_accept_state(tls_.get());
}

void Channel::start_tls_as_client(SSL_CTX* context, SSL_SESSION* resume) {
  attach_tls(context);
  SSL_set_connect_state(tls_.get());
  if (resume != nullptr) SSL_set_session(tls_.get(), resume);
}

Channel::Status Channel::fail(std::string text) {
  failure_ = std::move(text);
  return Status::kFailed;
}

Channel::Status Channel::receive() {
  auto& scratch = receive_scratch();
  const ssize_t received = recv(socket_.get(), scratch.data(), scratch.size(), 0);
  if (received == 0) return Status::kClosed;
  if (received < 0) {
    if (errno == EAGAIN || errno == EINTR) return Status::kOpen;
    return fail(std::strerror(errno));
  }
  const std::string_view bytes(scratch.data(), static_cast<std::size_t>(received));
  if (!tls_) {
    input.append(bytes);
    return Status::kOpen;
  }
  arrived_ = bytes;
  const Status status = take_records();
  arrived_ = {};
  return status;
}

Channel::Status Channel::continue_handshake() {
  ERR_clear_error();
  const int outcome = SSL_do_handshake(tls_.get());
  if (outcome == 1) {
    is_handshaking_ = false;
    return Status::kOpen;
  }
  const int reason = SSL_get_error(tls_.get(), outcome);
  return reason == SSL_ERROR_WANT_READ ? Status::kOpen : fail("tls handshake: " + tls_error_text());
}

Channel::Status Channel::take_records() {
  if (is_handshaking_) {
    const Status status = continue_handshake();
    if (status != Status::kOpen || is_handshaking_) return status;
  }
  thread_local std::array<char, kPlainBytes> plain;
  for (;;) {
    ERR_clear_error();
    const int count = SSL_read(tls_.get(), plain.data(), static_cast<int>(plain.size()));
    if (count > 0) {
      input.append(plain.data(), static_cast<std::size_t>(count));
      continue;
    }
    switch (SSL_get_error(tls_.get(), count)) {
      case SSL_ERROR_WANT_READ:
      case SSL_ERROR_WANT_WRITE:
        return Status::kOpen;
      case SSL_ERROR_ZERO_RETURN:
        return Status::kClosed;
      default:
        return fail("tls: " + tls_error_text());
    }
  }
}

Channel::Status Channel::flush() {
  if (!tls_) {
    if (wire_.empty()) {
      wire_.swap(output);
    } else {
      wire_.append(output);
    }
    output.clear();
  } else if (is_handshaking_) {
    // A client's first flight has no received bytes to answer.
    const Status status = continue_handshake();
    if (status != Status::kOpen) return send_wire() == Status::kOpen ? status : Status::kFailed;
  }
  if (is_secure() && !output.empty()) {
    std::size_t written = 0;
    while (written < output.size()) {
      // Partial writes are on: each call makes one record.
      const std::size_t rest = std::min<std::size_t>(output.size() - written, kPlainBytes);
      const int count = SSL_write(tls_.get(), output.data() + written, static_cast<int>(rest));
      if (count <= 0) return fail("tls write: " + tls_error_text());
      written += static_cast<std::size_t>(count);
    }
    empty_buffer(output);
  }
  return send_wire();
}

Channel::Status Channel::send_wire() {
  while (sent_ < wire_.size()) {
    const ssize_t count = send(socket_.get(), wire_.data() + sent_, wire_.size() - sent_, MSG_NOSIGNAL);
    if (count < 0) {
      if (errno == EAGAIN) return Status::kOpen;
      if (errno == EINTR) continue;
      return fail(std::strerror(errno));
    }
    sent_ += static_cast<std::size_t>(count);
  }
  sent_ = 0;
  empty_buffer(wire_);
  return Status::kOpen;
}

void Channel::close_politely() {
  if (is_secure()) {
    ERR_clear_error();
    SSL_shutdown(tls_.get());
    static_cast<void>(send_wire());
  }
  tls_.reset();
  socket_.reset();
}

}  // namespace sealpost::bench
