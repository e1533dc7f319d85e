// Printing a dialogue for people: aligned, escaped, with colour on a terminal only.
#include "cli/dialogue_printer.h"

#include <cstdio>

#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "base/utf8.h"

namespace sealpost::cli {

namespace {

constexpr std::string_view kGreen = "\x1b[32m";
constexpr std::string_view kCyan = "\x1b[36m";
constexpr std::string_view kDim = "\x1b[2m";
constexpr std::string_view kPlain = "\x1b[0m";

std::string printable(std::string_view text) {
  const bool is_text = is_utf8(text);
  std::string out;
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    const bool is_control = (octet < 0x20 && octet != '\t') || octet == 0x7F;
    if (is_control || (octet >= 0x80 && !is_text)) {
      out += fmt::format("\\x{:02x}", octet);
    } else {
      out.push_back(c);
    }
  }
  return out;
}

std::string certificate_text(const net::PeerCertificate& certificate, WallTime now) {
  if (!certificate.is_present) return "no certificate";
  const long days = days_between(now, certificate.facts.not_after);
  const std::string left = days < 0 ? fmt::format("expired {} days ago", -days) : fmt::format("{} days left", days);
  const std::string verdict =
      certificate.is_verified ? "verified" : fmt::format("NOT verified: {}", certificate.verification_text);
  return fmt::format("certificate {} issued by {}, {}, {}", certificate.facts.subject, certificate.facts.issuer, left,
                     verdict);
}

}  // namespace

long days_between(WallTime now, WallTime then) {
  return static_cast<long>(std::chrono::floor<std::chrono::days>(then - now).count());
}

DialoguePrinter::DialoguePrinter(Options options) : options_(options), last_(steady_now()) {}

void DialoguePrinter::line(std::string_view who, std::string_view colour, std::string_view text) {
  const SteadyTime now = steady_now();
  const double milliseconds = std::chrono::duration<double, std::milli>(now - last_).count();
  last_ = now;
  const std::string shown = printable(text);
  if (options_.is_json) {
    dialogue_.push_back({{"who", who}, {"text", shown}, {"ms", milliseconds}});
    return;
  }
  const std::string time = options_.shows_time ? fmt::format("{:9.2f} ms  ", milliseconds) : "";
  const std::string_view begin = options_.has_colour ? colour : "";
  const std::string_view end = options_.has_colour ? kPlain : "";
  if (who == "*") {
    fmt::print("{}{}< {} >{}\n", time, begin, shown, end);
  } else {
    fmt::print("{}{}{}:{} {}\n", time, begin, who, end, shown);
  }
  std::fflush(stdout);
}

void DialoguePrinter::sent(std::string_view text) { line("C", kCyan, text); }
void DialoguePrinter::received(std::string_view text) { line("S", kGreen, text); }
void DialoguePrinter::note(std::string_view text) { line("*", kDim, text); }

void DialoguePrinter::content(std::string_view octets) {
  content_octets_ += octets.size();
  while (!octets.empty()) {
    const auto end = octets.find('\n');
    const auto piece = octets.substr(0, end == octets.npos ? octets.size() : end + 1);
    octets.remove_prefix(piece.size());
    if (content_lines_ < kContentLinesShown) partial_line_.append(piece);
    if (!piece.ends_with('\n')) continue;
    if (++content_lines_ > kContentLinesShown) continue;
    std::string_view whole = partial_line_;
    whole.remove_suffix(whole.ends_with("\r\n") ? 2 : 1);
    // RFC 5321 §4.5.2: on the wire a line that begins with a dot has one more.
    sent(whole.starts_with('.') ? fmt::format(".{}", whole) : std::string(whole));
    partial_line_.clear();
  }
}

void DialoguePrinter::end_of_content() {
  if (content_lines_ > kContentLinesShown)
    note(fmt::format("{} more lines; {} octets in all", content_lines_ - kContentLinesShown, content_octets_));
  partial_line_.clear();
}

void DialoguePrinter::tls(const TlsFacts& facts, const net::PeerCertificate& certificate, WallTime now) {
  const auto& tls = facts.values();
  note(fmt::format("{} {}{}{}, {}; {}", tls.version.starts_with("TLS") ? tls.version : "TLS " + tls.version, tls.cipher,
                   tls.group.empty() ? "" : " ", tls.group, tls.is_resumed ? "resumed session" : "new session",
                   certificate_text(certificate, now)));
}

}  // namespace sealpost::cli
