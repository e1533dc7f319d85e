#include "observe/line_format.h"

#include <initializer_list>
#include <limits>

#include <gtest/gtest.h>

namespace sealpost::observe {
namespace {

using namespace std::chrono_literals;

constexpr WallTime kNow{std::chrono::sys_days(std::chrono::year{2026} / 11 / 23) + 17h + 43min + 123ms};

std::string line(LogFormat format, std::string_view event, std::initializer_list<Field> fields) {
  std::string out;
  append_line(out, format, kNow, Level::kInfo, event, std::span(fields));
  return out;
}

std::string value(std::string_view text) {
  const std::string out = line(LogFormat::kLogfmt, "e", {{"k", text}});
  const std::size_t at = out.find(" k=") + 3;
  return out.substr(at, out.size() - at - 1);
}

std::string json_value(std::string_view text) {
  const std::string out = line(LogFormat::kJson, "e", {{"k", text}});
  const std::size_t at = out.find(R"("k":)") + 4;
  return out.substr(at, out.size() - at - 2);
}

TEST(LogLine, CarriesTimeLevelEventAndTypedFieldsInOrder) {
  EXPECT_EQ(line(LogFormat::kLogfmt, "queued",
                 {{"id", "0G5XK2V7M0001"}, {"size", 42U}, {"delta", -7}, {"tls", true}, {"s", 0.5}}),
            "time=2026-11-23T17:43:00.123Z level=info event=queued id=0G5XK2V7M0001 size=42 delta=-7 tls=true s=0.5\n");
  EXPECT_EQ(
      line(LogFormat::kJson, "queued", {{"id", "0G5"}, {"size", 42U}, {"delta", -7}, {"tls", false}, {"s", 0.5}}),
      R"({"time":"2026-11-23T17:43:00.123Z","level":"info","event":"queued","id":"0G5","size":42,"delta":-7,"tls":false,"s":0.5})"
      "\n");
}

TEST(LogLine, TellsMillisecondsOfEveryLineThoughTheSecondIsCached) {
  std::string out;
  append_line(out, LogFormat::kLogfmt, kNow, Level::kError, "a", {});
  append_line(out, LogFormat::kLogfmt, kNow + 1ms, Level::kDebug, "b", {});
  append_line(out, LogFormat::kLogfmt, kNow + 877ms, Level::kWarning, "c", {});
  EXPECT_EQ(out,
            "time=2026-11-23T17:43:00.123Z level=error event=a\n"
            "time=2026-11-23T17:43:00.124Z level=debug event=b\n"
            "time=2026-11-23T17:43:01.000Z level=warning event=c\n");
}

TEST(LogLine, QuotesLogfmtValuesOnlyWhereNeeded) {
  EXPECT_EQ(value("ann@example.com"), "ann@example.com");
  EXPECT_EQ(value(""), R"("")");
  EXPECT_EQ(value("two words"), R"("two words")");
  EXPECT_EQ(value("a=b"), R"("a=b")");
  EXPECT_EQ(value(R"(say "hi" \o/)"), R"("say \"hi\" \\o/")");
  EXPECT_EQ(value("jürgen"), R"("jürgen")");
}

TEST(LogLine, CannotBeForgedByLineEnds) {
  EXPECT_EQ(value("x\r\ntime=1 level=info event=authenticated account=root"),
            R"("x\r\ntime=1 level=info event=authenticated account=root")");
  EXPECT_EQ(value("x\xE2\x80\xA8y\xE2\x80\xA9"), R"("x\u2028y\u2029")");
  EXPECT_EQ(json_value("x\r\n\"}"), R"("x\r\n\"}")");
  EXPECT_EQ(json_value(std::string_view("a\0b", 3)), R"("a\u0000b")");
}

TEST(LogLine, CannotDriveATerminal) {
  EXPECT_EQ(value("\x1b[2J\x07\x7f"), R"("\u001b[2J\u0007\u007f")");
  EXPECT_EQ(value("\xC2\x9B"
                  "31m"),
            R"("\u009b31m")");
  EXPECT_EQ(json_value("\x1b]0;x"), R"("\u001b]0;x")");
  EXPECT_EQ(value("\xE2\x80\xAE"
                  "gpj.exe"),
            R"("\u202egpj.exe")")
      << "a right-to-left override would show another name";
}

TEST(LogLine, ShowsOctetsThatAreNotUtf8AsEscapes) {
  EXPECT_EQ(value("a\xFFz"), R"("a\xffz")");
  EXPECT_EQ(value("cut \xE2\x80"), R"("cut \xe2\x80")");
  EXPECT_EQ(value("\xC0\x80"), R"("\xc0\x80")") << "an overlong NUL";
  EXPECT_EQ(json_value("a\xFFz"), R"("a\ufffdz")");
}

TEST(LogLine, CutsLongValuesAtACharacter) {
  EXPECT_EQ(value(std::string(kValueOctetsMax, 'a')).size(), kValueOctetsMax);
  EXPECT_EQ(value(std::string(kValueOctetsMax + 1, 'a')), '"' + std::string(kValueOctetsMax, 'a') + "…\"");
  EXPECT_EQ(quoted("äöü", 3), "\"ä…\"");
  EXPECT_EQ(quoted("äöü", 6), "\"äöü\"");
}

TEST(LogLine, WritesNoNumberThatJsonDoesNotKnow) {
  EXPECT_EQ(line(LogFormat::kJson, "e", {{"x", std::numeric_limits<double>::infinity()}}),
            R"({"time":"2026-11-23T17:43:00.123Z","level":"info","event":"e","x":null})"
            "\n");
}

}  // namespace
}  // namespace sealpost::observe
