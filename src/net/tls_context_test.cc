#include "net/tls_context.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/certificates_for_test.h"
#include "net/self_signed.h"

namespace sealpost::net {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A directory with a good pair, and the words that a load fails with.
class ServerTlsLoad : public testing::Test {
 protected:
  ServerTlsLoad() {
    key_ = make_ec_key();
    certificate_ = make_certificate({}, key_.get(), nullptr, nullptr);
    good_certificate_ = directory_.write("cert.pem", pem_of(certificate_.get()));
    good_key_ = directory_.write("key.pem", pem_of(key_.get()));
    ::chmod(good_key_.c_str(), 0600);
  }

  static std::string refusal(const std::string& certificate, const std::string& key) {
    auto loaded =
        ServerTlsContext::load({.certificate_file = certificate, .private_key_file = key, .listener_name = "l"});
    if (loaded) return "(it loaded)";
    EXPECT_EQ(loaded.error().fault, Fault::kConfiguration);
    return loaded.error().text;
  }

  std::vector<std::string> warnings(const CertificateSpec& spec, std::string_view hostname) {
    const X509Ptr certificate = make_certificate(spec, key_.get(), nullptr, nullptr);
    auto loaded = ServerTlsContext::load({.certificate_file = directory_.write("w.pem", pem_of(certificate.get())),
                                          .private_key_file = good_key_,
                                          .listener_name = "l"});
    if (!loaded) return {loaded.error().text};
    return loaded->warnings(wall_now(), hostname);
  }

  TemporaryDirectory directory_;
  KeyPtr key_;
  X509Ptr certificate_;
  std::string good_certificate_;
  std::string good_key_;
};

TEST_F(ServerTlsLoad, ReadsAGoodPairWithoutWarningsAndTellsItsFacts) {
  auto loaded = ServerTlsContext::load(
      {.certificate_file = good_certificate_, .private_key_file = good_key_, .listener_name = "l"});
  ASSERT_TRUE(loaded) << loaded.error().text;
  EXPECT_EQ(loaded->certificate().subject, "CN=mail.example.com");
  EXPECT_EQ(loaded->certificate().issuer, "CN=mail.example.com");
  EXPECT_THAT(loaded->certificate().names, ElementsAre("mail.example.com", "127.0.0.1"));
  EXPECT_GT(loaded->certificate().not_after, wall_now() + std::chrono::days(89));
  EXPECT_THAT(loaded->warnings(wall_now(), "mail.example.com"), IsEmpty());
}

TEST_F(ServerTlsLoad, NamesAMissingFile) {
  EXPECT_EQ(refusal(directory_.path("none.pem"), good_key_),
            "the certificate file " + directory_.path("none.pem") + " does not exist");
  EXPECT_EQ(refusal(good_certificate_, directory_.path("none.pem")),
            "the private key file " + directory_.path("none.pem") + " does not exist");
  EXPECT_EQ(refusal("", good_key_), "no certificate file is configured");
}

TEST_F(ServerTlsLoad, NamesAnUnreadableFile) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may read everything";
  ::chmod(good_key_.c_str(), 0);
  EXPECT_THAT(refusal(good_certificate_, good_key_), HasSubstr("may not be read by this user"));
}

TEST_F(ServerTlsLoad, TellsADirectoryAnEmptyFileAndDerFromPem) {
  EXPECT_THAT(refusal(directory_.path(""), good_key_), HasSubstr("is a directory"));
  EXPECT_THAT(refusal(directory_.write("empty", ""), good_key_), HasSubstr("is empty"));
  EXPECT_THAT(refusal(directory_.write("der", "\x30\x82\x01"), good_key_), HasSubstr("is not PEM"));
  EXPECT_THAT(refusal(good_certificate_, directory_.write("text", "hello")), HasSubstr("is not PEM"));
}

TEST_F(ServerTlsLoad, NoticesSwappedFiles) {
  EXPECT_THAT(refusal(good_key_, good_certificate_), HasSubstr("are the two files swapped?"));
  EXPECT_THAT(refusal(good_certificate_, good_certificate_), HasSubstr("are the two files swapped?"));
}

TEST_F(ServerTlsLoad, AcceptsOneFileWithBoth) {
  const std::string both = directory_.write("both.pem", pem_of(key_.get()) + pem_of(certificate_.get()));
  EXPECT_EQ(refusal(both, both), "(it loaded)");
}

TEST_F(ServerTlsLoad, NoticesTheKeyOfAnotherCertificate) {
  const KeyPtr other = make_ec_key();
  EXPECT_THAT(refusal(good_certificate_, directory_.write("other.pem", pem_of(other.get()))),
              HasSubstr("does not belong to the certificate"));
  const KeyPtr rsa = make_rsa_key(2048);
  EXPECT_THAT(refusal(good_certificate_, directory_.write("rsa.pem", pem_of(rsa.get()))),
              HasSubstr("does not belong to the certificate"));
}

TEST_F(ServerTlsLoad, NoticesAnEncryptedKeyAndSaysWhatToDo) {
  const std::string path = directory_.write("encrypted.pem", pem_of(key_.get(), "secret"));
  EXPECT_THAT(refusal(good_certificate_, path), HasSubstr("is encrypted with a passphrase"));
  EXPECT_THAT(refusal(good_certificate_, path), HasSubstr("openssl pkey -in " + path));
}

TEST_F(ServerTlsLoad, NoticesDamage) {
  std::string text = pem_of(certificate_.get());
  text.replace(100, 4, "!!!!");
  EXPECT_THAT(refusal(directory_.write("bad.pem", text), good_key_), HasSubstr("certificate number 1 in"));
  EXPECT_THAT(refusal(directory_.write("bad.pem", pem_of(certificate_.get()) + text), good_key_),
              HasSubstr("certificate number 2 in"));
  std::string key = pem_of(key_.get());
  key.replace(60, 4, "!!!!");
  EXPECT_THAT(refusal(good_certificate_, directory_.write("badkey.pem", key)), HasSubstr("is damaged"));
}

TEST_F(ServerTlsLoad, RefusesRsaBelow2048BitsAndTakes2048) {
  for (const unsigned bits : {1024U, 2040U, 2048U}) {
    const KeyPtr rsa = make_rsa_key(bits);
    const X509Ptr certificate = make_certificate({}, rsa.get(), nullptr, nullptr);
    const std::string answer = refusal(directory_.write("rsa_cert.pem", pem_of(certificate.get())),
                                       directory_.write("rsa_key.pem", pem_of(rsa.get())));
    if (bits < 2048) {
      EXPECT_THAT(answer, HasSubstr("is RSA with " + std::to_string(bits) + " bits; at least 2048 are needed"));
    } else {
      EXPECT_EQ(answer, "(it loaded)");
    }
  }
}

TEST_F(ServerTlsLoad, WarnsOfAnExpiredCertificateButLoadsIt) {
  EXPECT_THAT(warnings({.begins_in_days = -50, .ends_in_days = -22}, "mail.example.com"),
              ElementsAre(testing::ContainsRegex("w\\.pem expired on 20[0-9-]+, 21 days ago")));
}

TEST_F(ServerTlsLoad, WarnsOfAnExpiryWithinTwoWeeks) {
  EXPECT_THAT(warnings({.ends_in_days = 6}, "mail.example.com"),
              ElementsAre(testing::ContainsRegex("w\\.pem expires in 6 days, on 20")));
  EXPECT_THAT(warnings({.ends_in_days = 13}, "mail.example.com"), ElementsAre(HasSubstr("expires in 13 days")));
  EXPECT_THAT(warnings({.ends_in_days = 14}, "mail.example.com"), IsEmpty());
  EXPECT_THAT(warnings({.begins_in_days = 3, .ends_in_days = 30}, "mail.example.com"),
              ElementsAre(HasSubstr("is not valid before")));
}

TEST_F(ServerTlsLoad, WarnsOfAHostNameThatIsNotInTheCertificate) {
  EXPECT_THAT(warnings({.alternatives = "DNS:a.example,DNS:b.example"}, "mail.example.com"),
              ElementsAre(HasSubstr("names no host like mail.example.com (it is for a.example, b.example)")));
  EXPECT_THAT(warnings({.alternatives = "DNS:*.example.com"}, "mail.example.com"), IsEmpty());
  EXPECT_THAT(warnings({.alternatives = "DNS:m*.example.com"}, "mail.example.com"), testing::SizeIs(1))
      << "RFC 7817: no partial wildcards";
  EXPECT_THAT(warnings({.alternatives = ""}, "mail.example.com"), ElementsAre(HasSubstr("it is for no host at all")))
      << "the CN does not count";
  EXPECT_THAT(warnings({.alternatives = "IP:192.0.2.1"}, "192.0.2.1"), IsEmpty());
}

TEST_F(ServerTlsLoad, WarnsOfAMissingIntermediate) {
  const KeyPtr issuer_key = make_ec_key();
  const X509Ptr issuer =
      make_certificate({.common_name = "Issuing Authority", .alternatives = "", .is_authority = true}, issuer_key.get(),
                       nullptr, nullptr);
  const X509Ptr leaf = make_certificate({}, key_.get(), issuer.get(), issuer_key.get());
  const auto load = [&](const std::string& chain) {
    auto loaded = ServerTlsContext::load({.certificate_file = directory_.write("chain.pem", chain),
                                          .private_key_file = good_key_,
                                          .listener_name = "l"});
    return loaded ? loaded->warnings(wall_now(), "mail.example.com") : std::vector<std::string>{loaded.error().text};
  };
  EXPECT_THAT(load(pem_of(leaf.get())), ElementsAre(HasSubstr("no intermediate certificate in")));
  EXPECT_THAT(load(pem_of(leaf.get())), ElementsAre(HasSubstr("\"Issuing Authority\"")));
  EXPECT_THAT(load(pem_of(leaf.get()) + pem_of(issuer.get())), IsEmpty());
}

TEST_F(ServerTlsLoad, WarnsOfAKeyThatEverybodyMayRead) {
  ::chmod(good_key_.c_str(), 0644);
  EXPECT_THAT(warnings({}, "mail.example.com"),
              ElementsAre(HasSubstr("every user of this machine may read the private key")));
}

TEST(ClientTls, NamesAMissingOrForeignAuthorityFile) {
  const TemporaryDirectory directory;
  auto missing = ClientTlsContext::make({.ca_file = directory.path("none.pem")});
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().text, HasSubstr("does not exist"));
  EXPECT_TRUE(ClientTlsContext::make({}));
}

TEST(SelfSigned, WritesALoadablePairForItsNamesWithPrivateModes) {
  const TemporaryDirectory directory;
  const std::vector<std::string> names = {"mail.example.com", "127.0.0.1", "::1"};
  ASSERT_TRUE(
      write_self_signed_certificate(directory.path("c.pem"), directory.path("k.pem"), names, std::chrono::days(30)));
  auto loaded = ServerTlsContext::load(
      {.certificate_file = directory.path("c.pem"), .private_key_file = directory.path("k.pem"), .listener_name = "l"});
  ASSERT_TRUE(loaded) << loaded.error().text;
  EXPECT_THAT(loaded->certificate().names, ElementsAre("mail.example.com", "127.0.0.1", "::1"));
  for (const std::string& name : names) EXPECT_THAT(loaded->warnings(wall_now(), name), IsEmpty());
  for (const char* file : {"c.pem", "k.pem"}) {
    struct stat facts{};
    ASSERT_EQ(::stat(directory.path(file).c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777U, 0600U);
  }
}

TEST(SelfSigned, NeverOverwritesAndTakesOnlyHostNames) {
  const TemporaryDirectory directory;
  const std::vector<std::string> good = {"mail.example.com"};
  ASSERT_TRUE(
      write_self_signed_certificate(directory.path("c.pem"), directory.path("k.pem"), good, std::chrono::days(30)));
  auto again =
      write_self_signed_certificate(directory.path("c.pem"), directory.path("k.pem"), good, std::chrono::days(30));
  ASSERT_FALSE(again);
  EXPECT_THAT(again.error().text, HasSubstr("exists already"));
  const std::vector<std::string> tricky = {"a.example,DNS:victim.example"};
  EXPECT_FALSE(
      write_self_signed_certificate(directory.path("c2.pem"), directory.path("k2.pem"), tricky, std::chrono::days(30)));
  EXPECT_FALSE(
      write_self_signed_certificate(directory.path("c2.pem"), directory.path("k2.pem"), {}, std::chrono::days(30)));
}

}  // namespace
}  // namespace sealpost::net
