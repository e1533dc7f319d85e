// One parameter as a row of the table: how it is called, what it may be, what it means, and which member of
// Configuration holds it. Rows know their member, so reading a file, showing the effective values and writing the
// reference page all go through the same row.
#pragma once
#include <chrono>
#include <concepts>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "base/assert.h"
#include "config/configuration.h"

namespace sealpost::config {

enum class Type : std::uint8_t {
  kText,
  kTextList,
  kPath,    // made absolute, relative to the configuration file
  kSecret,  // never shown
  kBoolean,
  kCount,
  kSize,      // octets: an integer, or "50MiB"
  kDuration,  // seconds: an integer, or "5m"
  kDurationList,
  kChoice,    // one of Parameter::choices; the value is its index
  kEndpoint,  // "127.0.0.1:465"
};

/// Counts, octets, seconds and choices are integers.
using Value =
    std::variant<std::int64_t, bool, std::string, std::vector<std::string>, std::vector<std::int64_t>, Endpoint>;

struct Parameter {
  std::string_view section;  // "" for keys above the first section
  std::string_view key;
  Type type = Type::kText;
  std::string_view sentence;  // for the reference page
  void (*set)(Configuration&, std::size_t index, Value) = nullptr;
  Value (*get)(const Configuration&, std::size_t index) = nullptr;

  bool is_required = false;
  std::int64_t minimum = 0;  // of numbers, and of each number of a list
  std::int64_t maximum = std::numeric_limits<std::int64_t>::max();
  std::span<const std::string_view> choices = {};
  std::string_view computed_default = {};  // in words, where the default is not a constant
  std::string_view deliver_only =
      {};  // of [[route]]: the values of `deliver` that this key belongs to, comma-separated
};

namespace field_detail {

template <class T>
inline constexpr bool kIsVector = false;
template <class T>
inline constexpr bool kIsVector<std::vector<T>> = true;

template <class T>
Value to_value(const T& member) {
  if constexpr (std::same_as<T, Bytes>)
    return static_cast<std::int64_t>(member.count);
  else if constexpr (std::same_as<T, std::chrono::seconds>)
    return std::int64_t{member.count()};
  else if constexpr (std::same_as<T, SecretString>)
    return std::string(member.empty() ? "" : "***");
  else if constexpr (std::same_as<T, std::vector<std::chrono::seconds>>) {
    std::vector<std::int64_t> counts;
    for (const std::chrono::seconds each : member) counts.push_back(each.count());
    return counts;
  } else if constexpr (std::same_as<T, bool>)
    return member;
  else if constexpr (std::integral<T> || std::is_enum_v<T>)
    return static_cast<std::int64_t>(member);
  else
    return member;
}

template <class T>
void from_value(T& member, Value value) {
  if constexpr (std::same_as<T, Bytes>)
    member = {static_cast<std::uint64_t>(std::get<std::int64_t>(value))};
  else if constexpr (std::same_as<T, std::chrono::seconds>)
    member = std::chrono::seconds(std::get<std::int64_t>(value));
  else if constexpr (std::same_as<T, SecretString>)
    member = SecretString(std::get<std::string>(value));
  else if constexpr (std::same_as<T, std::vector<std::chrono::seconds>>) {
    member.clear();
    for (const std::int64_t each : std::get<std::vector<std::int64_t>>(value)) member.emplace_back(each);
  } else if constexpr (std::same_as<T, bool>)
    member = std::get<bool>(value);
  else if constexpr (std::integral<T>) {
    SEALPOST_ASSERT(std::in_range<T>(std::get<std::int64_t>(value)), "the row's range fits its member");
    member = static_cast<T>(std::get<std::int64_t>(value));
  } else if constexpr (std::is_enum_v<T>)
    member = static_cast<T>(std::get<std::int64_t>(value));
  else
    member = std::get<T>(std::move(value));
}

/// The member, through a section that is one structure, a list of structures, or Configuration itself.
template <auto Section, auto Member>
auto& reach(auto& configuration, std::size_t index) {
  if constexpr (std::same_as<decltype(Section), std::nullptr_t>) {
    return configuration.*Member;
  } else {
    auto& section = configuration.*Section;
    if constexpr (kIsVector<std::remove_cvref_t<decltype(section)>>)
      return section.at(index).*Member;
    else
      return section.*Member;
  }
}

}  // namespace field_detail

template <auto Section, auto Member>
void set_field(Configuration& configuration, std::size_t index, Value value) {
  field_detail::from_value(field_detail::reach<Section, Member>(configuration, index), std::move(value));
}

template <auto Section, auto Member>
Value get_field(const Configuration& configuration, std::size_t index) {
  return field_detail::to_value(field_detail::reach<Section, Member>(configuration, index));
}

}  // namespace sealpost::config
