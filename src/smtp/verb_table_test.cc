#include "smtp/verb_table.h"

#include <gtest/gtest.h>

namespace sealpost::smtp::server {
namespace {

constexpr Verb kServed[] = {Verb::kEhlo, Verb::kHelo, Verb::kMail,    Verb::kRcpt, Verb::kData,
                            Verb::kBdat, Verb::kRset, Verb::kNoop,    Verb::kQuit, Verb::kVrfy,
                            Verb::kHelp, Verb::kAuth, Verb::kStartTls};

TEST(VerbTable, HasOneRowForEachVerbThatIsServed) {
  for (const Verb verb : kServed) {
    const VerbRow* row = find_verb_row(verb);
    ASSERT_NE(row, nullptr) << to_string(verb);
    EXPECT_EQ(row->verb, verb);
    EXPECT_NE(row->run, nullptr) << to_string(verb);
    EXPECT_NE(row->allowed, 0) << to_string(verb);
  }
}

TEST(VerbTable, HasNoneForTheOthers) {
  for (const Verb verb : {Verb::kUnknown, Verb::kForbidden, Verb::kExpn}) EXPECT_EQ(find_verb_row(verb), nullptr);
}

// RFC 3207 §4: "530 … to every command other than NOOP, EHLO, STARTTLS, or QUIT"; HELO says no more than EHLO.
TEST(VerbTable, LetsFiveVerbsPassBeforeTls) {
  for (const Verb verb : kServed) {
    const bool may_pass = verb == Verb::kNoop || verb == Verb::kEhlo || verb == Verb::kHelo ||
                          verb == Verb::kStartTls || verb == Verb::kQuit;
    EXPECT_EQ(find_verb_row(verb)->needs_tls, !may_pass) << to_string(verb);
  }
}

// RFC 6409 §4.3: nothing that leads to a message passes without a login.
TEST(VerbTable, AsksForALoginWhereAMessageIsMade) {
  for (const Verb verb : kServed) {
    const bool makes_message = verb == Verb::kMail || verb == Verb::kRcpt || verb == Verb::kData || verb == Verb::kBdat;
    EXPECT_EQ(find_verb_row(verb)->needs_auth, makes_message) << to_string(verb);
  }
}

TEST(VerbTable, LetsOnlyStartTlsEndAGroup) {
  for (const Verb verb : kServed)
    EXPECT_EQ(find_verb_row(verb)->ends_group, verb == Verb::kStartTls) << to_string(verb);
}

}  // namespace
}  // namespace sealpost::smtp::server
