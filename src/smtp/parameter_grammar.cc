// One row per parameter: its keyword and the function that takes its value. What is in no row is refused.
#include "smtp/parameter_grammar.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <charconv>
#include <cstdint>
#include <limits>
#include <span>

#include "base/utf8.h"
#include "smtp/core_rules.h"
#include "smtp/original_recipient.h"
#include "smtp/reply_catalogue.h"
#include "smtp/xtext.h"

namespace sealpost::smtp {

namespace {

/// The value behind "="; nothing when the parameter is a keyword alone.
using Value = std::optional<std::string_view>;

/// The reply that refuses, or null.
using Refusal = const Reply*;

template <class Parameters>
struct Row {
  std::string_view keyword;
  Refusal (*take)(Value value, Charset charset, Parameters& parameters);
};

constexpr std::size_t kSizeDigitsMax = 20;  // RFC 1870 §4: size-value is 1*20DIGIT
constexpr std::size_t kEnvidMax = 100;      // RFC 3461 §4.4, as encoded

Refusal take_size(Value value, Charset, MailParameters& parameters) {
  if (!value || value->size() > kSizeDigitsMax || !std::ranges::all_of(*value, is_digit))
    return &catalogue::bad_parameter();
  std::uint64_t octets = 0;
  const auto result = std::from_chars(value->data(), value->data() + value->size(), octets);
  // Twenty digits can say more than 64 bits hold; it is too big either way.
  if (result.ec == std::errc::result_out_of_range) octets = std::numeric_limits<std::uint64_t>::max();
  parameters.size = Bytes{octets};
  return nullptr;
}

Refusal take_body(Value value, Charset, MailParameters& parameters) {
  if (!value) return &catalogue::bad_parameter();
  if (equals_ignoring_case(*value, "7BIT")) {
    parameters.body = BodyKind::k7bit;
  } else if (equals_ignoring_case(*value, "8BITMIME")) {
    parameters.body = BodyKind::k8bitMime;
  } else if (equals_ignoring_case(*value, "BINARYMIME")) {
    // RFC 5321 §4.1.1.11: 555 also for a parameter that is known and cannot be implemented. RFC 3030 §3: BINARYMIME is
    // not offered.
    return &catalogue::unsupported_parameter();
  } else {
    return &catalogue::bad_parameter();
  }
  return nullptr;
}

Refusal take_smtputf8(Value value, Charset, MailParameters& parameters) {
  if (value) return &catalogue::bad_parameter();  // RFC 6531 §3.4: without a value
  parameters.is_smtputf8 = true;
  return nullptr;
}

Refusal take_auth(Value value, Charset, MailParameters&) {
  if (!value) return &catalogue::bad_parameter();
  // RFC 4954 §5: "<>" or an address, in xtext. It is read to be refused when it is wrong, and not trusted when it is
  // right.
  const std::optional<std::string> identity = xtext_decode(*value);
  if (!identity) return &catalogue::bad_parameter();
  if (*identity != "<>" && !Mailbox::parse(*identity, Charset::kUtf8)) return &catalogue::bad_parameter();
  return nullptr;
}

Refusal take_ret(Value value, Charset, MailParameters& parameters) {
  if (!value) return &catalogue::bad_parameter();
  if (equals_ignoring_case(*value, "FULL")) {
    parameters.ret = Ret::kFull;
  } else if (equals_ignoring_case(*value, "HDRS")) {
    parameters.ret = Ret::kHeaders;
  } else {
    return &catalogue::bad_parameter();
  }
  return nullptr;
}

Refusal take_envid(Value value, Charset, MailParameters& parameters) {
  if (!value || value->size() > kEnvidMax) return &catalogue::bad_parameter();
  std::optional<std::string> envid = xtext_decode(*value);
  // RFC 3461 §4.4: before encoding, the envid is printable US-ASCII.
  if (!envid || !std::ranges::all_of(*envid, is_printable)) return &catalogue::bad_parameter();
  parameters.envid = *std::move(envid);
  return nullptr;
}

Refusal take_notify(Value value, Charset, RcptParameters& parameters) {
  if (!value) return &catalogue::bad_parameter();
  Notify notify{.is_given = true};
  // RFC 3461 §4.1: NEVER stands alone.
  if (!equals_ignoring_case(*value, "NEVER")) {
    std::string_view list = *value;
    while (true) {
      const std::size_t comma = list.find(',');
      const std::string_view element = list.substr(0, comma);
      if (equals_ignoring_case(element, "SUCCESS")) {
        notify.on_success = true;
      } else if (equals_ignoring_case(element, "FAILURE")) {
        notify.on_failure = true;
      } else if (equals_ignoring_case(element, "DELAY")) {
        notify.on_delay = true;
      } else {
        return &catalogue::bad_parameter();
      }
      if (comma == std::string_view::npos) break;
      list.remove_prefix(comma + 1);
    }
  }
  parameters.notify = notify;
  return nullptr;
}

Refusal take_orcpt(Value value, Charset charset, RcptParameters& parameters) {
  if (!value) return &catalogue::bad_parameter();
  std::optional<std::string> orcpt = parse_original_recipient(*value, charset);
  if (!orcpt) return &catalogue::bad_parameter();
  parameters.orcpt = *std::move(orcpt);
  return nullptr;
}

constexpr std::array kMailRows = std::to_array<Row<MailParameters>>({
    {"SIZE", take_size},
    {"BODY", take_body},
    {"SMTPUTF8", take_smtputf8},
    {"AUTH", take_auth},
    {"RET", take_ret},
    {"ENVID", take_envid},
});
constexpr std::array kRcptRows = std::to_array<Row<RcptParameters>>({
    {"NOTIFY", take_notify},
    {"ORCPT", take_orcpt},
});

/// RFC 5321 §4.1.2 esmtp-keyword.
bool is_keyword(std::string_view text) {
  if (text.empty() || text.front() == '-') return false;
  return std::ranges::all_of(text, [](char octet) { return is_alpha(octet) || is_digit(octet) || octet == '-'; });
}

/// RFC 5321 §4.1.2 esmtp-value, with UTF8-non-ascii (RFC 6531 §3.3): whether it is allowed is for the parameter to say.
bool is_value(std::string_view text) {
  return !text.empty() && is_utf8(text) && std::ranges::none_of(text, [](char octet) {
    return (octet >= 0 && octet <= ' ') || octet == '=' || octet == 0x7F;
  });
}

template <class Parameters>
std::expected<Parameters, Reply> parse(std::string_view text, Charset charset, std::span<const Row<Parameters>> rows) {
  Parameters parameters;
  std::bitset<8> seen;
  if (!text.empty() && text.front() != ' ') return std::unexpected(catalogue::bad_parameter());
  while (true) {
    // RFC 5321 §4.1.2 (tolerant): several spaces do for one, as everywhere in the field.
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    if (text.empty()) return parameters;
    const std::string_view parameter = text.substr(0, text.find(' '));
    text.remove_prefix(parameter.size());

    const std::size_t equals = parameter.find('=');
    const std::string_view keyword = parameter.substr(0, equals);
    const Value value = equals == std::string_view::npos ? Value() : parameter.substr(equals + 1);
    if (!is_keyword(keyword) || (value && !is_value(*value))) return std::unexpected(catalogue::bad_parameter());
    const auto row = std::ranges::find_if(
        rows, [keyword](const auto& candidate) { return equals_ignoring_case(candidate.keyword, keyword); });
    if (row == rows.end()) return std::unexpected(catalogue::unsupported_parameter());
    const auto index = static_cast<std::size_t>(row - rows.begin());
    if (seen.test(index)) return std::unexpected(catalogue::repeated_parameter());
    seen.set(index);
    if (const Refusal refusal = row->take(value, charset, parameters)) return std::unexpected(*refusal);
  }
}

}  // namespace

std::expected<MailParameters, Reply> parse_mail_parameters(std::string_view text) {
  return parse<MailParameters>(text, Charset::kAscii, kMailRows);
}

std::expected<RcptParameters, Reply> parse_rcpt_parameters(std::string_view text, Charset charset) {
  return parse<RcptParameters>(text, charset, kRcptRows);
}

}  // namespace sealpost::smtp
