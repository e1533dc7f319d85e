#include <algorithm>
#include <set>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "crypto/hmac.h"
#include "crypto/random.h"
#include "crypto/sha256.h"

namespace sealpost::crypto {
namespace {

std::string hex(const Sha256Digest& digest) {
  std::string text;
  for (const std::uint8_t octet : digest) text += fmt::format("{:02x}", octet);
  return text;
}

std::string hmac(std::string_view key, std::string_view text) {
  HmacSha256 mac(std::span(reinterpret_cast<const std::uint8_t*>(key.data()), key.size()));
  return hex(std::move(mac.add(text)).finish());
}

TEST(Sha256, AgreesWithTheExamplesOfFips180) {
  EXPECT_EQ(hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(HmacSha256, AgreesWithTheExamplesOfRfc4231) {
  EXPECT_EQ(hmac(std::string(20, '\x0b'), "Hi There"),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hmac("Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hmac(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First"),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(HmacSha256, FieldsDoNotRunIntoEachOther) {
  const std::array<std::uint8_t, 32> key{};
  const auto of = [&](std::string_view a, std::string_view b) {
    HmacSha256 mac(key);
    return std::move(mac.add_field(a).add_field(b)).finish();
  };
  EXPECT_NE(of("ann", "bob"), of("annb", "ob"));
  EXPECT_EQ(of("ann", "bob"), of("ann", "bob"));
}

TEST(Random, DoesNotRepeatAndFillsEveryOctet) {
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(random_u64());
  EXPECT_EQ(seen.size(), 1000);
  // Larger than one call of the library takes; a run of zeros of this length has probability 2^-256.
  std::vector<std::uint8_t> octets((1 << 20) + 32);
  fill_random(octets);
  EXPECT_FALSE(std::all_of(octets.end() - 32, octets.end(), [](std::uint8_t o) { return o == 0; }));
}

}  // namespace
}  // namespace sealpost::crypto
