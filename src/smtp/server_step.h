// What the server session asks of its driver, one value at a time, and what the driver answers.
// Waiting is not a protocol state: while an Ask is outstanding nothing is parsed, so pipelining and back-pressure come
// for free.
#pragma once
#include <string>
#include <string_view>
#include <variant>

#include "base/principal.h"
#include "base/queue_id.h"
#include "base/secret.h"
#include "sasl/server_mechanism.h"
#include "smtp/envelope.h"
#include "smtp/reply.h"

namespace sealpost::smtp {

/// Read from the peer and feed().
struct NeedInput {
  friend bool operator==(const NeedInput&, const NeedInput&) = default;
};

/// Write these octets; the view is good until the next call on the session.
struct Send {
  std::string_view octets;
};

/// All that was sent is flushed: destroy this session and its input, run the handshake, build a new session with the
/// TlsFacts. If any input had arrived behind the STARTTLS line the session says Close(kInjection) instead
/// (CVE-2011-0411).
struct StartTls {};

enum class CloseReason {
  kQuit,           // after 221
  kTooManyErrors,  // after 421
  kForbidden,      // HTTP spoken to us
  kTlsHandshake,   // a ClientHello where SMTP begins in plain text
  kFramingError,   // bare CR, bare LF or NUL: nothing on this connection can be trusted any more
  kInjection,      // plaintext behind STARTTLS
  kShutdown,       // the driver asked for it with shut_down()
};

/// Close the connection, TLS close_notify first. There is no step after this one.
struct Close {
  CloseReason reason;
};

/// Is this who they say? Answer: Verified, or a Reply from the catalogue (535 5.7.8 wrong, 454 4.7.0 the back end is
/// down).
struct AskVerify {
  std::string_view mechanism;  // "PLAIN"
  const sasl::PasswordCredentials& credentials;
};

/// May this sender start a transaction? Answer: Allowed or a Reply.
struct AskSender {
  const ReversePath& reverse_path;
  const MailParameters& parameters;
};

/// May mail go to this recipient? Answer: Allowed or a Reply.
struct AskRecipient {
  const Envelope& envelope;    // the sender and the recipients accepted so far
  const Recipient& recipient;  // the one in question
};

/// Content is about to come: reserve room for it (RFC 5321 §6.1: no promise without it). Answer: Allowed or a Reply
/// (452 4.3.1).
struct AskContent {
  const Envelope& envelope;
};

/// Content of the message, dot-stuffing and chunk framing removed, line ends CRLF. The view is good until the next call
/// on the session. No answer is needed; refuse_content() stops it.
struct Content {
  std::string_view octets;
};

/// The whole content was delivered through Content. Make the message durable, then answer Queued or a Reply.
/// The envelope may be moved from: the transaction ends here in every case.
struct AskAccept {
  Envelope& envelope;
};

/// The transaction ended without acceptance (RSET, EHLO, error, size): drop what AskContent reserved and Content
/// delivered. Said exactly once for each Allowed AskContent that does not reach AskAccept, unless the session ends
/// before.
struct Abandon {};

using ServerStep = std::variant<NeedInput, Send, StartTls, AskVerify, AskSender, AskRecipient, AskContent, Content,
                                AskAccept, Abandon, Close>;

struct Allowed {};
struct Verified {
  Principal principal;
};
struct Queued {
  QueueId id;
};
using Answer = std::variant<Allowed, Verified, Queued, Reply>;

}  // namespace sealpost::smtp
