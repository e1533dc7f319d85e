// HeaderCompleter: a streaming filter between the client's content and the store. It puts the Received header in front,
// lets the content through unchanged, and adds Date and Message-ID where they are missing (RFC 6409 §8.1-8.3). It keeps
// at most one field name in memory. A line that is no field ends the header section; it gets the empty line in front
// that was forgotten. Never: changes, reorders or removes what the client sent; holds a header line or the body.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace sealpost::message {

/// RFC 5321 §6.3: a message with this many Received fields is going round in circles; the caller refuses it with
/// 554 5.4.6.
inline constexpr std::size_t kReceivedFieldsMax = 100;
/// A longer name is no field name to us: the line ends the header section. Real names are below 80 octets (RFC 5322
/// §2.1.1).
inline constexpr std::size_t kFieldNameMax = 256;

class HeaderCompleter {
 public:
  /// Takes pieces of the output in order; a view is good during the call only.
  using Sink = std::function<void(std::string_view)>;

  /// What is added. `received` is a whole field (make_received) or empty; the others are the bodies of their fields,
  /// one line each.
  struct Additions {
    std::string received;
    std::string date;
    std::string message_id;
  };

  explicit HeaderCompleter(Additions additions);

  /// The next piece of the content, CRLF line ends, dot-stuffing removed; cut wherever it happens to be cut.
  void feed(std::string_view piece, const Sink& sink);
  /// The content is over. Must be called exactly once, after the last feed().
  void finish(const Sink& sink);

  /// The rest is complete after finish().
  bool has_date() const { return has_date_; }              // the client's own
  bool has_message_id() const { return has_message_id_; }  // the client's own
  bool has_from() const { return has_from_; }
  /// Received fields that came with the content, the added one not counted.
  std::size_t received_fields() const { return received_fields_; }
  bool is_looping() const { return received_fields_ >= kReceivedFieldsMax; }
  /// Any octet above 127, additions included.
  bool is_8bit() const { return is_8bit_; }
  /// Of everything that left through the sink.
  Bytes size() const { return size_; }

 private:
  enum class Place : std::uint8_t {
    kFieldName,  // at the beginning of a line of the header section; what was read of it is in held_
    kFieldBody,  // behind the colon, or in a continuation line
    kContent,    // the header section is over
  };
  enum class Line : std::uint8_t { kUndecided, kField, kContinuation, kEmpty, kNotAField };

  static Line classify(std::string_view beginning, bool is_first_line);
  /// Decides what the line is that begins with held_ + `piece`; takes the whole piece into held_ when that cannot be
  /// told yet. Returns how many octets of `piece` it took.
  std::size_t feed_line_beginning(std::string_view piece, const Sink& sink);
  void end_header_section(bool needs_empty_line, const Sink& sink);
  void note_field(std::string_view beginning);
  void begin(const Sink& sink);
  void emit(std::string_view octets, const Sink& sink);

  Additions additions_;
  std::string held_;
  Place place_ = Place::kFieldName;
  bool is_begun_ = false;
  bool is_first_line_ = true;
  bool has_date_ = false;
  bool has_message_id_ = false;
  bool has_from_ = false;
  bool is_8bit_ = false;
  std::size_t received_fields_ = 0;
  Bytes size_;
};

}  // namespace sealpost::message
