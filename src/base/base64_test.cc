#include "base/base64.h"

#include <gtest/gtest.h>

namespace sealpost {
namespace {

TEST(Base64, EncodesTheVectorsOfRfc4648) {
  EXPECT_EQ(base64_encode(""), "");
  EXPECT_EQ(base64_encode("f"), "Zg==");
  EXPECT_EQ(base64_encode("fo"), "Zm8=");
  EXPECT_EQ(base64_encode("foo"), "Zm9v");
  EXPECT_EQ(base64_encode("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64_encode("Username:"), "VXNlcm5hbWU6");
}

TEST(Base64, DecodesWhatItEncodes) {
  std::string octets;
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(base64_decode(base64_encode(octets)), octets);
    octets.push_back(static_cast<char>(i * 7));
  }
}

TEST(Base64, RefusesEverythingThatIsNotCanonical) {
  for (const char* text :
       {"Zg", "Zg=", "Zg===", "Z===", "Zh==", "Zm9=", "Z=9v", "=", "====", "Zm9v\n", " Zm9v", "Zm-v", "Zg==Zg=="})
    EXPECT_EQ(base64_decode(text), std::nullopt) << text;
}

}  // namespace
}  // namespace sealpost
