// The names of all events, each with its meaning and fields. A name appears here before it is logged anywhere, so that
// dashboards and searches can rely on it. Field names mean the same everywhere:
//   session  one client connection          id      queue id                 peer    "192.0.2.1:40112"
//   listener its name in the configuration  account who logged in            reason  one sentence for people
//   address  "127.0.0.1:465", where a listener listens
#pragma once
#include <string_view>

namespace sealpost::observe::events {

// ---- the process
/// The process begins: version, configuration.
inline constexpr std::string_view kStarting = "starting";
/// A listener accepts connections: listener, address, service.
inline constexpr std::string_view kListening = "listening";
/// Everything is up: seconds.
inline constexpr std::string_view kStarted = "started";
/// The configuration was read again: reason when it was refused and the old one stays.
inline constexpr std::string_view kReloaded = "reloaded";
/// The queue is being read at start: messages so far.
inline constexpr std::string_view kRecovering = "recovering";
/// The queue was read: messages, damaged.
inline constexpr std::string_view kRecovered = "recovered";
/// No new connections; sessions and deliveries are given time: sessions, deliveries.
inline constexpr std::string_view kStopping = "stopping";
/// The last line: seconds it took.
inline constexpr std::string_view kStopped = "stopped";
/// Something an operator should know about the configuration or a certificate: reason.
inline constexpr std::string_view kWarning = "warning";
/// A listener cannot accept for want of descriptors or memory and waits: address, reason.
inline constexpr std::string_view kAcceptPaused = "accept_paused";
/// A task ended by an exception, which is a fault of ours: task, reason.
inline constexpr std::string_view kTaskFailed = "task_failed";
/// The log itself could not keep up: count of dropped lines.
inline constexpr std::string_view kLogDropped = "log_dropped";

// ---- a session
/// A client connected: session, peer, listener.
inline constexpr std::string_view kConnected = "connected";
/// A handshake succeeded: session, version, cipher, group, server_name, is_resumed.
inline constexpr std::string_view kTls = "tls";
/// A handshake failed: session, peer, reason in words.
inline constexpr std::string_view kTlsFailed = "tls_failed";
/// Somebody logged in: session, account, mechanism.
inline constexpr std::string_view kAuthenticated = "authenticated";
/// Credentials were refused: session, peer, mechanism, account as it was given.
inline constexpr std::string_view kAuthFailed = "auth_failed";
/// Credentials could not be checked, the back end is down: session, peer, account, reason.
inline constexpr std::string_view kAuthUnavailable = "auth_unavailable";
/// A message was refused because it could not be stored: session, account, reason.
inline constexpr std::string_view kStorageRefused = "storage_refused";
/// A command was refused: session, verb, code, reason.
inline constexpr std::string_view kRejected = "rejected";
/// A connection was turned away before its session began: peer, listener, reason.
inline constexpr std::string_view kRefused = "refused";
/// The session ended: session, seconds, messages, reason.
inline constexpr std::string_view kClosed = "closed";

// ---- a message
/// Accepted and safe on disk, the 250 follows: session, id, account, from, recipients, size.
inline constexpr std::string_view kQueued = "queued";
/// A recipient's server took it: id, to, relay, code, reply, seconds since it was queued.
inline constexpr std::string_view kDelivered = "delivered";
/// It stays for a later attempt: id, to, relay, code, reply, next.
inline constexpr std::string_view kDeferred = "deferred";
/// Given up for a recipient, and reported to the sender: id, to, relay, code, reply.
inline constexpr std::string_view kBounced = "bounced";
/// Given up without a report, as RFC 5321 §6.1 demands for the null reverse-path: id, to, code, reply.
inline constexpr std::string_view kDropped = "dropped";
/// All recipients are done: id.
inline constexpr std::string_view kRemoved = "removed";
/// The store failed in a way that ends the process: reason.
inline constexpr std::string_view kSpoolFailed = "spool_failed";
/// A stored message or record is damaged and was set aside: id, reason.
inline constexpr std::string_view kCorrupt = "corrupt";

}  // namespace sealpost::observe::events
