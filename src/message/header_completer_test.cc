#include "message/header_completer.h"

#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace sealpost::message {
namespace {

const HeaderCompleter::Additions kAdditions = {"Received: from a\r\n\tby b; now\r\n", "Mon, 1 Jan", "<1@b>"};
const std::string kReceived = kAdditions.received;
const std::string kDate = "Date: Mon, 1 Jan\r\n";
const std::string kMessageId = "Message-ID: <1@b>\r\n";

struct Completion {
  std::string output;
  HeaderCompleter completer{kAdditions};

  void feed(std::string_view piece) {
    completer.feed(piece, [this](std::string_view octets) { output += octets; });
  }
  void finish() {
    completer.finish([this](std::string_view octets) { output += octets; });
  }
};

std::string complete(std::string_view content) {
  Completion run;
  run.feed(content);
  run.finish();
  return run.output;
}

TEST(HeaderCompleter, LeavesACompleteHeaderAloneButForReceived) {
  const std::string content = "From: a@b\r\nDATE: x\r\nmessage-id: <2@c>\r\n\r\nbody\r\n";
  EXPECT_EQ(complete(content), kReceived + content);
}

TEST(HeaderCompleter, AddsWhatIsMissingAtTheEndOfTheHeaderSection) {
  EXPECT_EQ(complete("From: a@b\r\n\r\nDate: in the body\r\n"),
            kReceived + "From: a@b\r\n" + kDate + kMessageId + "\r\nDate: in the body\r\n");
  EXPECT_EQ(complete("Date: x\r\n\r\nb\r\n"), kReceived + "Date: x\r\n" + kMessageId + "\r\nb\r\n");
  EXPECT_EQ(complete("Message-ID: x\r\n\r\nb\r\n"), kReceived + "Message-ID: x\r\n" + kDate + "\r\nb\r\n");
}

TEST(HeaderCompleter, TakesNoFoldedLineOrLongerNameForTheFieldItResembles) {
  EXPECT_EQ(
      complete("Subject: x\r\n Date: y\r\nDates: z\r\nResent-Date: q\r\nMessage-ID : <3@c>\r\n\r\n"),
      kReceived + "Subject: x\r\n Date: y\r\nDates: z\r\nResent-Date: q\r\nMessage-ID : <3@c>\r\n" + kDate + "\r\n");
}

TEST(HeaderCompleter, PutsFieldsAndAnEmptyLineInFrontOfContentWithoutAHeader) {
  const std::string front = kReceived + kDate + kMessageId + "\r\n";
  for (const std::string content :
       {"Hello, world\r\n", " indented\r\n", ": no name\r\n", "no newline", "\xC3\xA9t\xC3\xA9: x\r\n", "\rx\r\n"})
    EXPECT_EQ(complete(content), front + content);
  EXPECT_EQ(complete("\r\nbody\r\n"), front + "body\r\n");
}

TEST(HeaderCompleter, EndsTheHeaderAtALineThatIsNoField) {
  EXPECT_EQ(complete("Subject: x\r\nHello there\r\nDate: y\r\n"),
            kReceived + "Subject: x\r\n" + kDate + kMessageId + "\r\nHello there\r\nDate: y\r\n");
}

TEST(HeaderCompleter, AppendsToContentThatEndsInsideTheHeaderSection) {
  EXPECT_EQ(complete(""), kReceived + kDate + kMessageId);
  EXPECT_EQ(complete("Subject: x\r\n"), kReceived + "Subject: x\r\n" + kDate + kMessageId);
  EXPECT_EQ(complete("Subject: x"), kReceived + "Subject: x\r\n" + kDate + kMessageId);
  EXPECT_EQ(complete("Subject: x\r\nDate"), kReceived + "Subject: x\r\n" + kDate + kMessageId + "\r\nDate");
  EXPECT_EQ(complete("Subject: x\r\n\r"), kReceived + "Subject: x\r\n" + kDate + kMessageId + "\r\n\r");
}

TEST(HeaderCompleter, TakesAFieldNameOfTheLargestLengthAndNoneLonger) {
  const std::string largest = std::string(kFieldNameMax, 'x') + ": y\r\n\r\n";
  const std::string longer = "x" + largest;
  EXPECT_EQ(complete(largest), kReceived + largest.substr(0, largest.size() - 2) + kDate + kMessageId + "\r\n");
  EXPECT_EQ(complete(longer), kReceived + kDate + kMessageId + "\r\n" + longer);
  for (const std::string& content : {largest, longer}) {
    Completion run;
    for (const char c : content) run.feed({&c, 1});
    run.finish();
    EXPECT_EQ(run.output, complete(content));
  }
}

TEST(HeaderCompleter, CountsReceivedFieldsAndFindsTheLoopAtTheLimit) {
  std::string content;
  for (std::size_t i = 0; i + 1 < kReceivedFieldsMax; ++i) content += "RECEIVED: from x\r\n";
  Completion below;
  below.feed(content + "\r\nReceived: in the body\r\n");
  EXPECT_EQ(below.completer.received_fields(), kReceivedFieldsMax - 1);
  EXPECT_FALSE(below.completer.is_looping());
  Completion at;
  at.feed(content + "Received: from y\r\n\r\n");
  EXPECT_TRUE(at.completer.is_looping());
}

TEST(HeaderCompleter, NotesFromEightBitAndSize) {
  Completion ascii;
  ascii.feed("From: a@b\r\n\r\nplain\r\n");
  ascii.finish();
  EXPECT_TRUE(ascii.completer.has_from());
  EXPECT_FALSE(ascii.completer.is_8bit());
  EXPECT_EQ(ascii.completer.size().count, ascii.output.size());
  Completion eight;
  eight.feed("Subject: x\r\n\r\nplain\r\n");
  eight.feed(std::string(5000, 'a') + "\xE9");
  eight.finish();
  EXPECT_FALSE(eight.completer.has_from());
  EXPECT_TRUE(eight.completer.is_8bit());
}

TEST(HeaderCompleter, DoesNotDependOnHowTheContentWasCut) {
  const std::vector<std::string> contents = {
      "From: a@b\r\nSubject: x\r\n folded\r\n\ttwice\r\nDate : y\r\n\r\nbody\r\n\r\nDate: z\r\n",
      "From: a@b\r\nReceived: x\r\nnot a field\r\nbody\r\n",
      "\r\nonly a body\r\n",
      "",
      "no header",
      "A:\r\nB:\r\n:\r\n",
      "Date:\r\nMessage-ID:\r\n\r\n",
      "\r",
      "A: b\r\n\rx\r\n",
      "x  \t :y\r\nx  \t z\r\n"};
  std::mt19937 random(7);
  for (const auto& content : contents) {
    const std::string whole = complete(content);
    for (std::size_t first = 0; first <= content.size(); ++first) {
      for (std::size_t second = first; second <= content.size(); ++second) {
        Completion run;
        run.feed(std::string_view(content).substr(0, first));
        run.feed(std::string_view(content).substr(first, second - first));
        run.feed(std::string_view(content).substr(second));
        run.finish();
        ASSERT_EQ(run.output, whole) << content << " cut at " << first << " and " << second;
      }
    }
    for (int round = 0; round < 200; ++round) {
      Completion run;
      for (std::size_t at = 0; at < content.size();) {
        const std::size_t size = 1 + random() % 6;
        run.feed(std::string_view(content).substr(at, size));
        at += size;
      }
      run.finish();
      ASSERT_EQ(run.output, whole);
    }
  }
}

TEST(HeaderCompleter, PassesTheBodyOnWithoutCopyingIt) {
  HeaderCompleter completer(kAdditions);
  completer.feed("Subject: x\r\n\r\n", [](std::string_view) {});
  const std::string body(100'000, 'b');
  int pieces = 0;
  completer.feed(body, [&](std::string_view octets) {
    ++pieces;
    EXPECT_EQ(octets.data(), body.data());
    EXPECT_EQ(octets.size(), body.size());
  });
  EXPECT_EQ(pieces, 1);
}

}  // namespace
}  // namespace sealpost::message
