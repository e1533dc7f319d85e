// The client side of PLAIN and LOGIN. Every buffer that held a secret is wiped before it is freed.
#include "sasl/client.h"

#include <string>

#include "base/base64.h"

namespace sealpost::sasl {

namespace {

SecretString encode(std::string_view octets) {
  std::string text = base64_encode(octets);
  SecretString response(text);
  wipe(text.data(), text.size());
  return response;
}

}  // namespace

SecretString plain_initial_response(std::string_view authzid, std::string_view authcid, const SecretString& password) {
  std::string message;
  // Reserved at once, so that no half-grown copy of the password stays behind in freed memory.
  message.reserve(authzid.size() + authcid.size() + password.size() + 2);
  message.append(authzid).push_back('\0');
  message.append(authcid).push_back('\0');
  message.append(password.reveal());
  SecretString response = encode(message);
  wipe(message.data(), message.size());
  return response;
}

SecretString login_username_response(std::string_view username) { return encode(username); }
SecretString login_password_response(const SecretString& password) { return encode(password.reveal()); }

}  // namespace sealpost::sasl
