#include "smtp/address.h"

#include <gtest/gtest.h>

namespace sealpost::smtp {
namespace {

std::string repeat(std::size_t count, char octet) { return std::string(count, octet); }

/// `size` octets of labels of 63 at most.
std::string long_domain(std::size_t size) {
  std::string domain;
  while (size > 64) {
    domain += repeat(63, 'd') + '.';
    size -= 64;
  }
  return domain + repeat(size, 'd');
}

TEST(Domain, TakesNames) {
  for (const char* text : {"example.com", "localhost", "a", "a.b.c", "x-1.example", "3com.com", "xn--bcher-kva.example",
                           "1.2.3.in-addr.arpa", "a--b.example", "EXAMPLE.COM", "0x7f.example", "123.example"}) {
    EXPECT_TRUE(Domain::parse(text, Charset::kAscii)) << text;
    EXPECT_TRUE(Domain::parse(text, Charset::kUtf8)) << text;
  }
}

TEST(Domain, RefusesWhatIsNoName) {
  for (const char* text :
       {"",           ".",           "example.",     ".example",  "a..b", "-a.example", "a-.example",
        "a.-b",       "a_b.example", "a b",          "a,b",       "a@b",  "exa$mple",   "[example.com]",
        "a\r\nb",     "a\tb",        "example.com ", "127.0.0.1", "1",    "0x7f000001", "a.0x",
        "example.123"}) {
    EXPECT_FALSE(Domain::parse(text, Charset::kAscii)) << text;
    EXPECT_FALSE(Domain::parse(text, Charset::kUtf8)) << text;
  }
  EXPECT_FALSE(Domain::parse(std::string_view("a\0b", 3), Charset::kUtf8));
}

TEST(Domain, LimitsLabelsTo63AndNamesTo255) {
  EXPECT_TRUE(Domain::parse(repeat(63, 'a') + ".example", Charset::kAscii));
  EXPECT_FALSE(Domain::parse(repeat(64, 'a') + ".example", Charset::kAscii));
  EXPECT_EQ(long_domain(255).size(), 255u);
  EXPECT_TRUE(Domain::parse(long_domain(255), Charset::kAscii));
  EXPECT_FALSE(Domain::parse(long_domain(256), Charset::kAscii));
}

TEST(Domain, TakesUnicodeOnlyWhenAskedTo) {
  for (const char* text : {"bücher.example", "例え.テスト", "é", "straße.de"}) {
    EXPECT_FALSE(Domain::parse(text, Charset::kAscii)) << text;
    EXPECT_TRUE(Domain::parse(text, Charset::kUtf8)) << text;
  }
}

TEST(Domain, RefusesUnicodeThatIsBrokenOrMisleading) {
  for (const char* text : {"b\xFC"
                           "cher.example",
                           "a\xC3",
                           "\xC0\xAE"
                           "a",
                           "\xED\xA0\x80.example", "a\u0085.example", "a\u009B.example", "a\u3002example",
                           "a\uFF0Eexample", "a\uFF61example", "é-.example"}) {
    EXPECT_FALSE(Domain::parse(text, Charset::kUtf8)) << text;
  }
}

TEST(Domain, ComparesWithoutAsciiCase) {
  const Domain domain = *Domain::parse("Mail.Example.COM", Charset::kAscii);
  EXPECT_TRUE(domain.equals("mail.example.com"));
  EXPECT_FALSE(domain.equals("mail.example.co"));
  EXPECT_FALSE(domain.equals("mail.example.comm"));
  EXPECT_EQ(domain.key(), "mail.example.com");
  EXPECT_EQ(domain.text(), "Mail.Example.COM");
  EXPECT_FALSE(domain.is_literal());
  EXPECT_TRUE(Domain::parse("[IPv6:::1]", Charset::kAscii)->is_literal());
}

struct MailboxCase {
  const char* text;
  const char* local_part;
  const char* canonical;
};

TEST(Mailbox, TakesDotStringsAndQuotedStrings) {
  const MailboxCase cases[] = {
      {"ann@example.com", "ann", "ann@example.com"},
      {"Ann.Smith+tag@example.com", "Ann.Smith+tag", "Ann.Smith+tag@example.com"},
      {"!#$%&'*+-/=?^_`{|}~@example.com", "!#$%&'*+-/=?^_`{|}~", "!#$%&'*+-/=?^_`{|}~@example.com"},
      {"\"ann\"@example.com", "ann", "ann@example.com"},
      {"\"ann b\"@example.com", "ann b", "\"ann b\"@example.com"},
      {"\"\"@example.com", "", "\"\"@example.com"},
      {"\"a\\\"b\"@example.com", "a\"b", "\"a\\\"b\"@example.com"},
      {"\"a\\\\b\"@example.com", "a\\b", "\"a\\\\b\"@example.com"},
      {"\"a\\b\"@example.com", "ab", "ab@example.com"},
      {"\"a@b\"@example.com", "a@b", "\"a@b\"@example.com"},
      {"\"a>b\"@example.com", "a>b", "\"a>b\"@example.com"},
      {"\".a\"@example.com", ".a", "\".a\"@example.com"},
      {"\"a..b\"@example.com", "a..b", "\"a..b\"@example.com"},
      {"\" \"@example.com", " ", "\" \"@example.com"},
      {"ann@[192.0.2.1]", "ann", "ann@[192.0.2.1]"},
      {"ann@[IPv6:2001:db8::1]", "ann", "ann@[IPv6:2001:db8::1]"},
      {"a@b", "a", "a@b"},
  };
  for (const MailboxCase& test : cases) {
    const auto mailbox = Mailbox::parse(test.text, Charset::kAscii);
    ASSERT_TRUE(mailbox) << test.text;
    EXPECT_EQ(mailbox->local_part(), test.local_part) << test.text;
    EXPECT_EQ(mailbox->to_string(), test.canonical) << test.text;
    EXPECT_EQ(Mailbox::parse(mailbox->to_string(), Charset::kAscii), mailbox) << test.text;
    EXPECT_TRUE(mailbox->is_ascii());
  }
}

TEST(Mailbox, RefusesWhatTheGrammarDoesNotKnow) {
  for (const char* text : {"",
                           "@",
                           "ann",
                           "ann@",
                           "@example.com",
                           ".ann@example.com",
                           "ann.@example.com",
                           "a..b@example.com",
                           "a b@example.com",
                           "a@b@example.com",
                           "\"a@example.com",
                           "\"a\"b@example.com",
                           "a\"b\"@example.com",
                           "\"a\\\"@example.com",
                           "\"a\"",
                           "\"a\tb\"@example.com",
                           "\"a\\\tb\"@example.com",
                           "\"a\r\nb\"@example.com",
                           "a\nb@example.com",
                           "(ann)@example.com",
                           "ann@example.com ",
                           " ann@example.com",
                           "ann@example..com",
                           "ann@[192.0.2.256]",
                           "ann@192.0.2.1",
                           "a,b@example.com",
                           "a:b@example.com",
                           "a;b@example.com",
                           "a<b@example.com",
                           "a\\b@example.com",
                           "a\x7F@example.com",
                           "\"a\x7F\"@example.com",
                           ";sleep 66;@",
                           "ann@exa_mple.com"}) {
    EXPECT_FALSE(Mailbox::parse(text, Charset::kAscii)) << text;
    EXPECT_FALSE(Mailbox::parse(text, Charset::kUtf8)) << text;
  }
  EXPECT_FALSE(Mailbox::parse(std::string_view("a\0b@example.com", 15), Charset::kUtf8));
  EXPECT_FALSE(Mailbox::parse(std::string_view("\"a\0b\"@example.com", 17), Charset::kUtf8));
}

TEST(Mailbox, IsLimitedByThePathAlone) {
  // "<" 254 octets ">": RFC 5321 §4.5.3.1.3.
  const std::string domain = "@example.com";
  EXPECT_TRUE(Mailbox::parse(repeat(254 - domain.size(), 'a') + domain, Charset::kAscii));
  EXPECT_FALSE(Mailbox::parse(repeat(255 - domain.size(), 'a') + domain, Charset::kAscii));
  EXPECT_TRUE(Mailbox::parse(repeat(64, 'a') + domain, Charset::kAscii));
  EXPECT_TRUE(Mailbox::parse("reply+" + repeat(80, 'A') + "@reply.example.com", Charset::kAscii));
  EXPECT_TRUE(Mailbox::parse("a@" + long_domain(252), Charset::kAscii));
  EXPECT_FALSE(Mailbox::parse("a@" + long_domain(253), Charset::kAscii));
}

TEST(Mailbox, TakesUnicodeOnlyWhenAskedTo) {
  const MailboxCase cases[] = {
      {"jörg@example.com", "jörg", "jörg@example.com"},
      {"ann@bücher.example", "ann", "ann@bücher.example"},
      {"\"jö rg\"@bücher.example", "jö rg", "\"jö rg\"@bücher.example"},
      {"用户@例子.广告", "用户", "用户@例子.广告"},
      {"😀@example.com", "😀", "😀@example.com"},
  };
  for (const MailboxCase& test : cases) {
    EXPECT_FALSE(Mailbox::parse(test.text, Charset::kAscii)) << test.text;
    const auto mailbox = Mailbox::parse(test.text, Charset::kUtf8);
    ASSERT_TRUE(mailbox) << test.text;
    EXPECT_EQ(mailbox->local_part(), test.local_part);
    EXPECT_EQ(mailbox->to_string(), test.canonical);
    EXPECT_EQ(Mailbox::parse(mailbox->to_string(), Charset::kUtf8), mailbox);
    EXPECT_FALSE(mailbox->is_ascii());
  }
  for (const char* text :
       {"j\xF6rg@example.com", "a\xC3@example.com", "\xE2\x82@example.com", "\xC0\x80@example.com",
        "\xED\xA0\x80@example.com", "\xF4\x90\x80\x80@example.com", "a\u009Bm@example.com", "\"\\é\"@example.com"}) {
    EXPECT_FALSE(Mailbox::parse(text, Charset::kUtf8)) << text;
  }
}

TEST(Mailbox, LocalPartsDifferByCaseAndDomainsDoNot) {
  const auto parse = [](const char* text) { return *Mailbox::parse(text, Charset::kAscii); };
  EXPECT_EQ(parse("ann@example.com"), parse("ann@EXAMPLE.com"));
  EXPECT_EQ(parse("\"ann\"@example.com"), parse("ann@example.com"));
  EXPECT_FALSE(parse("ann@example.com") == parse("Ann@example.com"));
  EXPECT_FALSE(parse("ann@example.com") == parse("ann@example.org"));
}

TEST(Path, IsAMailboxOrNothingBetweenAngleBrackets) {
  const auto path = parse_path("<ann@example.com> SIZE=5", Charset::kAscii, {});
  ASSERT_TRUE(path);
  EXPECT_EQ(to_path(path->path), "<ann@example.com>");
  EXPECT_EQ(path->rest, " SIZE=5");
  const auto null_path = parse_path("<>", Charset::kAscii, {});
  ASSERT_TRUE(null_path);
  EXPECT_FALSE(null_path->path);
  EXPECT_EQ(null_path->rest, "");
  EXPECT_EQ(to_path(null_path->path), "<>");
}

TEST(Path, EndsAtTheBracketOutsideQuotes) {
  const auto path = parse_path("<\"a>b\\\">c\"@example.com>rest>", Charset::kAscii, {});
  ASSERT_TRUE(path);
  EXPECT_EQ(path->path->local_part(), "a>b\">c");
  EXPECT_EQ(path->rest, "rest>");
}

TEST(Path, RefusesWhatIsNoPath) {
  for (const char* text :
       {"", "<", ">", "ann@example.com", " <ann@example.com>", "<ann@example.com", "<ann>", "< >", "< ann@example.com>",
        "<ann@example.com >", "<<ann@example.com>>", "<\"ann>", "<\"ann@example.com>", "<\"ann\\", "<\"ann\\>",
        "<ann@example.com\r\n>", "<,>", "<@>", "<:ann@example.com>"}) {
    EXPECT_FALSE(parse_path(text, Charset::kUtf8, {})) << text;
  }
}

TEST(Path, DropsSourceRoutes) {
  for (const char* text : {"<@a.example:ann@example.com>", "<@a.example,@b.example:ann@example.com>"}) {
    const auto path = parse_path(text, Charset::kAscii, {});
    ASSERT_TRUE(path) << text;
    EXPECT_EQ(to_path(path->path), "<ann@example.com>");
  }
  for (const char* text : {"<@a.example>", "<@a.example:>", "<@:ann@example.com>", "<@a.example,:ann@example.com>",
                           "<@a.example,b.example:ann@example.com>", "<@a.example@b.example:ann@example.com>",
                           "<@[192.0.2.1]:ann@example.com>", "<@a.example,,@b.example:ann@example.com>",
                           "<@a.example:@b:ann@example.com>"}) {
    EXPECT_FALSE(parse_path(text, Charset::kAscii, {})) << text;
  }
}

TEST(Path, IsLimitedTo256OctetsWithBracketsAndSourceRoute) {
  const std::string domain = "@example.com";
  const auto path_of = [&](std::size_t size) { return '<' + repeat(size - 2 - domain.size(), 'a') + domain + '>'; };
  EXPECT_TRUE(parse_path(path_of(256), Charset::kAscii, {}));
  EXPECT_FALSE(parse_path(path_of(257), Charset::kAscii, {}));
  const auto routed = [&](std::size_t size) {
    const std::string route = "@a.example:";
    return '<' + route + repeat(size - 2 - route.size() - domain.size(), 'a') + domain + '>';
  };
  EXPECT_TRUE(parse_path(routed(256), Charset::kAscii, {}));
  EXPECT_FALSE(parse_path(routed(257), Charset::kAscii, {}));
}

TEST(Path, CompletesPostmasterAloneAndOnlyWithAHostname) {
  for (const char* text : {"<Postmaster>", "<postmaster>", "<POSTMASTER>"}) {
    const auto path = parse_path(text, Charset::kAscii, "mail.example.com");
    ASSERT_TRUE(path) << text;
    EXPECT_TRUE(path->path->domain().equals("mail.example.com"));
    EXPECT_FALSE(parse_path(text, Charset::kAscii, {})) << text;
  }
  EXPECT_FALSE(parse_path("<ann>", Charset::kAscii, "mail.example.com"));
  EXPECT_FALSE(parse_path("<\"postmaster\">", Charset::kAscii, "mail.example.com"));
}

}  // namespace
}  // namespace sealpost::smtp
