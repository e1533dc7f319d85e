#include "sasl/server_mechanism.h"

#include <gtest/gtest.h>

#include "base/base64.h"
#include "sasl/client.h"

namespace sealpost::sasl {
namespace {

using namespace std::string_literals;

const std::string kNul(1, '\0');

ServerMechanismStep plain(const std::string& response) { return make_server_mechanism("PLAIN")->respond(response); }

template <class T>
bool is(const ServerMechanismStep& step) {
  return std::holds_alternative<T>(step);
}

ServerMechanismStep login(const std::string& username, const std::string& password) {
  const auto mechanism = make_server_mechanism("LOGIN");
  auto step = mechanism->respond(username);
  return is<Challenge>(step) ? mechanism->respond(password) : std::move(step);
}

TEST(ServerMechanism, KnowsPlainAndLoginByExactNameOnly) {
  EXPECT_NE(make_server_mechanism("PLAIN"), nullptr);
  EXPECT_NE(make_server_mechanism("LOGIN"), nullptr);
  for (const char* name : {"", "plain", "PLAIN ", "CRAM-MD5", "ANONYMOUS", "EXTERNAL"})
    EXPECT_EQ(make_server_mechanism(name), nullptr) << name;
}

TEST(Plain, TakesTheExampleOfRfc4616) {
  auto step = plain(kNul + "tim" + kNul + "tanstaaftanstaaf");
  ASSERT_TRUE(is<Verify>(step));
  const auto& credentials = std::get<Verify>(step).credentials;
  EXPECT_EQ(credentials.authzid, "");
  EXPECT_EQ(credentials.authcid, "tim");
  EXPECT_EQ(credentials.password, SecretString("tanstaaftanstaaf"));
}

TEST(Plain, BeginsWithAnEmptyChallengeAndTakesAnInitialResponse) {
  const auto mechanism = make_server_mechanism("PLAIN");
  EXPECT_TRUE(mechanism->takes_initial_response());
  EXPECT_EQ(mechanism->first_challenge().octets, "");
}

TEST(Plain, TakesAnAuthorizationIdentityOnlyIfItIsTheUserItself) {
  EXPECT_TRUE(is<Verify>(plain("tim"s + kNul + "tim" + kNul + "pw")));
  EXPECT_TRUE(is<NotAuthorized>(plain("ann"s + kNul + "tim" + kNul + "pw")));
  EXPECT_TRUE(is<NotAuthorized>(plain("Tim"s + kNul + "tim" + kNul + "pw")));
}

TEST(Plain, TakesFieldsOf255OctetsAndRefuses256) {
  const std::string most(255, 'a');
  const std::string more(256, 'a');
  EXPECT_TRUE(is<Verify>(plain(most + kNul + most + kNul + most)));
  EXPECT_TRUE(is<Malformed>(plain(more + kNul + more + kNul + "pw")));
  EXPECT_TRUE(is<Malformed>(plain(kNul + more + kNul + "pw")));
  EXPECT_TRUE(is<Malformed>(plain(kNul + "tim" + kNul + more)));
}

TEST(Plain, RefusesWhatIsNotTwoNulsAroundNonEmptyUtf8) {
  EXPECT_TRUE(is<Malformed>(plain("")));
  EXPECT_TRUE(is<Malformed>(plain("tim")));
  EXPECT_TRUE(is<Malformed>(plain(kNul + "tim")));
  EXPECT_TRUE(is<Malformed>(plain(kNul + "tim" + kNul)));
  EXPECT_TRUE(is<Malformed>(plain(kNul + kNul + "pw")));
  EXPECT_TRUE(is<Malformed>(plain(kNul + "tim" + kNul + "pw" + kNul)));
  EXPECT_TRUE(is<Malformed>(plain(kNul + "t\xFFm" + kNul + "pw")));
  EXPECT_TRUE(is<Malformed>(plain(kNul + "tim" + kNul + "p\xC3")));
  EXPECT_TRUE(is<Malformed>(plain("\xC0\x80"s + kNul + "tim" + kNul + "pw")));
  EXPECT_TRUE(is<Verify>(plain(kNul + "b\xC3\xA9" + kNul + "p\xC3\xA9")));
}

TEST(Login, AsksForUsernameThenPassword) {
  const auto mechanism = make_server_mechanism("LOGIN");
  EXPECT_TRUE(mechanism->takes_initial_response());
  EXPECT_EQ(base64_encode(mechanism->first_challenge().octets), "VXNlcm5hbWU6");
  auto step = mechanism->respond("ann");
  ASSERT_TRUE(is<Challenge>(step));
  EXPECT_EQ(base64_encode(std::get<Challenge>(step).octets), "UGFzc3dvcmQ6");
  step = mechanism->respond("pw");
  ASSERT_TRUE(is<Verify>(step));
  EXPECT_EQ(std::get<Verify>(step).credentials.authcid, "ann");
  EXPECT_EQ(std::get<Verify>(step).credentials.authzid, "");
  EXPECT_EQ(std::get<Verify>(step).credentials.password, SecretString("pw"));
}

TEST(Login, TakesFieldsOf255OctetsAndRefuses256) {
  EXPECT_TRUE(is<Verify>(login(std::string(255, 'a'), std::string(255, 'b'))));
  EXPECT_TRUE(is<Malformed>(login(std::string(256, 'a'), "pw")));
  EXPECT_TRUE(is<Malformed>(login("ann", std::string(256, 'b'))));
}

TEST(Login, RefusesEmptyNulAndBrokenUtf8) {
  EXPECT_TRUE(is<Malformed>(login("", "pw")));
  EXPECT_TRUE(is<Malformed>(login("ann", "")));
  EXPECT_TRUE(is<Malformed>(login("a" + kNul + "n", "pw")));
  EXPECT_TRUE(is<Malformed>(login("ann", "p" + kNul)));
  EXPECT_TRUE(is<Malformed>(login("ann\xFF", "pw")));
  EXPECT_TRUE(is<Malformed>(login("ann", "\xE2\x82")));
}

TEST(SaslClient, SaysWhatTheServerUnderstands) {
  const SecretString password("tanstaaftanstaaf");
  // The message of RFC 4616 §4, in base64.
  EXPECT_EQ(plain_initial_response("", "tim", password).reveal(), "AHRpbQB0YW5zdGFhZnRhbnN0YWFm");
  auto step = plain(*base64_decode(plain_initial_response("tim", "tim", password).reveal()));
  ASSERT_TRUE(is<Verify>(step));
  EXPECT_EQ(std::get<Verify>(step).credentials.authzid, "tim");

  step = login(*base64_decode(login_username_response("tim").reveal()),
               *base64_decode(login_password_response(password).reveal()));
  ASSERT_TRUE(is<Verify>(step));
  EXPECT_EQ(std::get<Verify>(step).credentials.password, password);
}

}  // namespace
}  // namespace sealpost::sasl
