// ESMTP parameters of MAIL and RCPT as parsed values (RFC 5321 §4.1.1.11): SIZE (RFC 1870), BODY (RFC 6152, 3030),
// SMTPUTF8 (RFC 6531), AUTH (RFC 4954 §5), RET ENVID NOTIFY ORCPT (RFC 3461). An unknown or repeated parameter is
// refused, never skipped.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"

namespace sealpost::smtp {

enum class BodyKind : std::uint8_t { k7bit, k8bitMime };
enum class Ret : std::uint8_t { kUnspecified, kFull, kHeaders };

struct MailParameters {
  std::optional<Bytes> size;  // as declared; 0 is a declared zero
  BodyKind body = BodyKind::k7bit;
  bool is_smtputf8 = false;
  Ret ret = Ret::kUnspecified;
  std::string envid;  // decoded xtext, at most 100 octets (RFC 3461 §4.4); empty when absent
  // RFC 4954 §5: AUTH= must parse; an MSA does not trust it, so nothing but the fact that it was well-formed is kept.
  bool operator==(const MailParameters&) const = default;
};

/// RFC 3461 §4.1. kDefault is "no NOTIFY given": failures and perhaps delays are reported.
struct Notify {
  bool is_given = false;
  bool on_success = false;
  bool on_failure = false;
  bool on_delay = false;  // all three false with is_given: NEVER
  bool operator==(const Notify&) const = default;
};

struct RcptParameters {
  Notify notify;
  std::string orcpt;  // "addr-type;decoded address", at most 500 octets of xtext (RFC 3461 §4.2); empty when absent
  bool operator==(const RcptParameters&) const = default;
};

}  // namespace sealpost::smtp
