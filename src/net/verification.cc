// Verification results in words.
#include "net/verification.h"

#include <fmt/format.h>

#include "net/certificate_facts.h"

namespace sealpost::net {

namespace {

int failure_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

X509Ptr share(X509* certificate) {
  if (certificate != nullptr) X509_up_ref(certificate);
  return X509Ptr(certificate);
}

}  // namespace

void remember_verification(SSL* ssl, VerificationFailure* failure) { SSL_set_ex_data(ssl, failure_index(), failure); }

int verify_callback(int is_ok, X509_STORE_CTX* store) {
  if (is_ok == 1) return 1;
  auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto* failure = ssl == nullptr ? nullptr : static_cast<VerificationFailure*>(SSL_get_ex_data(ssl, failure_index()));
  if (failure != nullptr && failure->code == X509_V_OK) {
    failure->code = X509_STORE_CTX_get_error(store);
    failure->chain_length = sk_X509_num(X509_STORE_CTX_get0_untrusted(store));
    failure->leaf = share(X509_STORE_CTX_get0_cert(store));
    failure->about = share(X509_STORE_CTX_get_current_cert(store));
  }
  return is_ok;
}

std::string explain_verification(const VerificationFailure& failure, std::string_view server_name, WallTime now) {
  if (failure.code == X509_V_OK) return "ok";
  const char* words = X509_verify_cert_error_string(failure.code);
  if (!failure.leaf) return words;
  const bool is_about_leaf = !failure.about || X509_cmp(failure.about.get(), failure.leaf.get()) == 0;
  X509* about = is_about_leaf ? failure.leaf.get() : failure.about.get();
  const std::string which =
      is_about_leaf ? "the certificate"
                    : fmt::format("the issuer's certificate \"{}\"", short_name(X509_get_subject_name(about)));
  const std::string issuer = short_name(X509_get_issuer_name(about));
  switch (failure.code) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return fmt::format("the certificate is for {}, not {}", list_names(read_certificate_facts(failure.leaf.get())),
                         server_name);
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return fmt::format("{} {}", which, validity_warning(read_certificate_facts(about), now));
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return "self-signed certificate";
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      return fmt::format("the chain ends in a root that is not trusted here: \"{}\"", issuer);
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      // The most usual mistake of servers: the leaf alone was configured where the full chain belongs.
      return failure.chain_length <= 1 ? fmt::format(
                                             "unknown issuer \"{}\": the server sent no intermediate certificate, or "
                                             "the issuer is not trusted here",
                                             issuer)
                                       : fmt::format("unknown issuer \"{}\"", issuer);
    default:
      return words;
  }
}

}  // namespace sealpost::net
