#include "smtp/address_literal.h"

#include <gtest/gtest.h>

namespace sealpost::smtp {
namespace {

TEST(AddressLiteral, TakesIpv4) {
  for (const char* text : {"[192.0.2.1]", "[0.0.0.0]", "[255.255.255.255]", "[1.20.99.249]"}) {
    EXPECT_TRUE(is_address_literal(text)) << text;
  }
}

TEST(AddressLiteral, RefusesWhatIsNotFourNumbersUpTo255) {
  for (const char* text : {"[]",
                           "[",
                           "]",
                           "",
                           "[1.2.3]",
                           "[1.2.3.4.5]",
                           "[1.2.3.]",
                           "[.1.2.3]",
                           "[1..2.3]",
                           "[256.1.1.1]",
                           "[1.1.1.256]",
                           "[1.1.1.1000]",
                           "[01.1.1.1]",
                           "[1.1.1.00]",
                           "[0x7f.0.0.1]",
                           "[1.2.3.4 ]",
                           "[ 1.2.3.4]",
                           "[1.2.3.+4]",
                           "[1.2.3.4",
                           "1.2.3.4]",
                           "1.2.3.4",
                           "[[1.2.3.4]]",
                           "[1.2.3.4]x"}) {
    EXPECT_FALSE(is_address_literal(text)) << text;
  }
}

TEST(AddressLiteral, TakesIpv6WithItsTagInEitherCase) {
  for (const char* text :
       {"[IPv6:2001:db8:0:0:0:0:0:1]", "[ipv6:2001:db8::1]", "[IPV6:::]", "[IPv6:::1]", "[IPv6:1::]",
        "[IPv6:1:2:3:4:5:6::]", "[IPv6:::1:2:3:4:5:6]", "[IPv6:1:2:3::4:5:6]", "[IPv6:ABCD:ef01::]",
        "[IPv6:1:2:3:4:5:6:192.0.2.1]", "[IPv6:::ffff:192.0.2.1]", "[IPv6:1:2::3:4:192.0.2.1]", "[IPv6:::192.0.2.1]"}) {
    EXPECT_TRUE(is_address_literal(text)) << text;
  }
}

TEST(AddressLiteral, RefusesOtherIpv6Forms) {
  for (const char* text :
       {"[IPv6:]", "[IPv6:1]", "[IPv6:1:2:3:4:5:6:7]", "[IPv6:1:2:3:4:5:6:7:8:9]", "[IPv6:12345::]", "[IPv6:g::]",
        "[IPv6:1:::2]", "[IPv6:1::2::3]", "[IPv6::1]", "[IPv6:1:]", "[IPv6:1:2:3:4:5:6:7:]", "[IPv6::1:2:3:4:5:6:7]",
        "[IPv6:fe80::1%eth0]", "[IPv6:1:2:3:4:5:6:7:192.0.2.1]", "[IPv6:192.0.2.1::]", "[IPv6:192.0.2.1]",
        "[IPv6:::192.0.2]", "[IPv6:::256.0.2.1]", "[2001:db8::1]", "[IPv5:2001:db8::1]", "[x:abc]", "[IPv6 :::1]",
        // RFC 5321 §4.1.3: "::" is at least two groups, so seven others are one too many.
        "[IPv6:1:2:3:4:5:6:7::]", "[IPv6:::1:2:3:4:5:6:7]", "[IPv6:1:2:3:4:5::192.0.2.1]"}) {
    EXPECT_FALSE(is_address_literal(text)) << text;
  }
}

}  // namespace
}  // namespace sealpost::smtp
