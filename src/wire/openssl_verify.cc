// SPDX-License-Identifier: Apache-2.0
#include "wire/openssl_verify.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>

#include <memory>

namespace perdita::wire::openssl {

namespace {

template <auto Free>
struct Deleter {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using Context = std::unique_ptr<EVP_PKEY_CTX, Deleter<EVP_PKEY_CTX_free>>;
using Digest = std::unique_ptr<EVP_MD_CTX, Deleter<EVP_MD_CTX_free>>;
using Signature = std::unique_ptr<ECDSA_SIG, Deleter<ECDSA_SIG_free>>;

Key ec_public_key(const EcKey& key) {
  std::vector<uint8_t> point = {4};  // uncompressed (SEC 1, section 2.3.3)
  point.insert(point.end(), key.x.begin(), key.x.end());
  point.insert(point.end(), key.y.begin(), key.y.end());
  std::string curve = key.curve;
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, curve.data(), 0),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()),
      OSSL_PARAM_construct_end(),
  };
  const Context context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  EVP_PKEY* made = nullptr;
  if (EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, const_cast<OSSL_PARAM*>(parameters)) != 1) {
    return nullptr;
  }
  return Key(made);
}

// r || s as the DER structure that OpenSSL takes.
std::vector<uint8_t> to_der(const std::vector<uint8_t>& signature) {
  const auto half = static_cast<int>(signature.size() / 2);
  const Signature value(ECDSA_SIG_new());
  ECDSA_SIG_set0(value.get(), BN_bin2bn(signature.data(), half, nullptr),
                 BN_bin2bn(signature.data() + half, half, nullptr));
  std::vector<uint8_t> der(static_cast<size_t>(i2d_ECDSA_SIG(value.get(), nullptr)));
  uint8_t* end = der.data();
  i2d_ECDSA_SIG(value.get(), &end);
  return der;
}

bool verify(EVP_PKEY* key, const EVP_MD* hash, const std::vector<uint8_t>& signature,
            const std::vector<uint8_t>& message) {
  if (key == nullptr) return false;
  const Digest context(EVP_MD_CTX_new());
  return EVP_DigestVerifyInit(context.get(), nullptr, hash, nullptr, key) == 1 &&
         EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(), message.size()) == 1;
}

}  // namespace

bool verify_ecdsa(const EcKey& key, const char* hash, const std::vector<uint8_t>& signature,
                  const std::vector<uint8_t>& message) {
  // Two numbers of the curve's size, no other.
  if (signature.size() != 2 * key.x.size()) return false;
  return verify(ec_public_key(key).get(), EVP_get_digestbyname(hash), to_der(signature), message);
}

bool verify_eddsa(const char* curve, const std::vector<uint8_t>& key, const std::vector<uint8_t>& signature,
                  const std::vector<uint8_t>& message) {
  const Key public_key(EVP_PKEY_new_raw_public_key_ex(nullptr, curve, nullptr, key.data(), key.size()));
  return verify(public_key.get(), nullptr, signature, message);
}

}  // namespace perdita::wire::openssl
