// Calendar texts, written out by hand: strftime depends on the locale.
#include "base/clock.h"

#include <array>
#include <string_view>

#include <fmt/format.h>

namespace sealpost {

namespace {

constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

struct Fields {
  explicit Fields(WallTime time)
      : midnight(std::chrono::floor<std::chrono::days>(time)), date(midnight), of_day(time - midnight) {}
  std::chrono::sys_days midnight;
  std::chrono::year_month_day date;
  std::chrono::hh_mm_ss<std::chrono::milliseconds> of_day;
};

}  // namespace

std::string format_rfc5322(WallTime time) {
  const Fields f(time);
  return fmt::format("{}, {} {} {:04} {:02}:{:02}:{:02} +0000", kDays.at(std::chrono::weekday(f.midnight).c_encoding()),
                     unsigned{f.date.day()}, kMonths.at(unsigned{f.date.month()} - 1), int{f.date.year()},
                     f.of_day.hours().count(), f.of_day.minutes().count(), f.of_day.seconds().count());
}

std::string format_rfc3339(WallTime time) {
  const Fields f(time);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", int{f.date.year()}, unsigned{f.date.month()},
                     unsigned{f.date.day()}, f.of_day.hours().count(), f.of_day.minutes().count(),
                     f.of_day.seconds().count(), f.of_day.subseconds().count());
}

}  // namespace sealpost
