// SPDX-License-Identifier: Apache-2.0
#include "tests/support/certificates.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <boost/asio/ip/address.hpp>
#include <functional>
#include <memory>
#include <stdexcept>

namespace tenax::testing {

namespace {

template <class T, void (*release)(T*)>
struct Release {
  void operator()(T* owned) const { release(owned); }
};
using Key = std::unique_ptr<EVP_PKEY, Release<EVP_PKEY, EVP_PKEY_free>>;
using X509Owner = std::unique_ptr<X509, Release<X509, X509_free>>;
using BioOwner = std::unique_ptr<BIO, Release<BIO, BIO_free_all>>;

template <class T>
T* need(T* made) {
  if (!made) throw std::runtime_error{"OpenSSL cannot make a certificate"};
  return made;
}

std::string text_of(BIO* bio) {
  char* start = nullptr;
  const long size = BIO_get_mem_data(bio, &start);
  return {start, static_cast<std::size_t>(size)};
}

void extend(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX setting{};
  X509V3_set_ctx(&setting, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = need(X509V3_EXT_conf_nid(nullptr, &setting, nid, value.c_str()));
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

std::string alternative_names(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) {
    boost::system::error_code no_address;
    boost::asio::ip::make_address(name, no_address);
    if (!list.empty()) list += ',';
    list += (no_address ? "DNS:" : "IP:") + name;
  }
  return list;
}

X509Owner blank(const std::string& subject, EVP_PKEY* key, long from, long until) {
  static std::atomic<long> serial{1};
  X509Owner made{need(X509_new())};
  X509_set_version(made.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), serial.fetch_add(1));
  X509_gmtime_adj(X509_getm_notBefore(made.get()), from);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), until);
  X509_set_pubkey(made.get(), key);
  const auto* name = reinterpret_cast<const unsigned char*>(subject.c_str());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_UTF8, name, -1, -1,
                             0);
  return made;
}

Certificate to_pem(X509* certificate, EVP_PKEY* key) {
  const BioOwner first{need(BIO_new(BIO_s_mem()))};
  const BioOwner second{need(BIO_new(BIO_s_mem()))};
  PEM_write_bio_X509(first.get(), certificate);
  PEM_write_bio_PrivateKey(second.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  return {text_of(first.get()), text_of(second.get())};
}

constexpr long kHour = 3600;

Certificate make_signed(const std::string& subject, const Certificate& authority,
                        const std::function<void(X509* made, X509* issuer)>& extended) {
  const BioOwner certificate_pem{need(BIO_new_mem_buf(authority.certificate.data(), -1))};
  const BioOwner key_pem{need(BIO_new_mem_buf(authority.key.data(), -1))};
  const X509Owner issuer{need(PEM_read_bio_X509(certificate_pem.get(), nullptr, nullptr, nullptr))};
  const Key issuer_key{need(PEM_read_bio_PrivateKey(key_pem.get(), nullptr, nullptr, nullptr))};
  const Key key{need(EVP_EC_gen("P-256"))};
  const X509Owner made = blank(subject, key.get(), -kHour, 24 * kHour);
  X509_set_issuer_name(made.get(), X509_get_subject_name(issuer.get()));
  extended(made.get(), issuer.get());
  need(X509_sign(made.get(), issuer_key.get(), EVP_sha256()) > 0 ? made.get() : nullptr);
  return to_pem(made.get(), key.get());
}

}  // namespace

Certificate make_authority() {
  const Key key{need(EVP_EC_gen("P-256"))};
  const X509Owner made = blank("Test Authority", key.get(), -kHour, 24 * kHour);
  X509_set_issuer_name(made.get(), X509_get_subject_name(made.get()));
  extend(made.get(), made.get(), NID_basic_constraints, "critical,CA:TRUE");
  extend(made.get(), made.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
  need(X509_sign(made.get(), key.get(), EVP_sha256()) > 0 ? made.get() : nullptr);
  return to_pem(made.get(), key.get());
}

Certificate make_authority_below(const Certificate& above) {
  return make_signed("Test Authority Below", above, [](X509* made, X509* issuer) {
    extend(made, issuer, NID_basic_constraints, "critical,CA:TRUE");
    extend(made, issuer, NID_key_usage, "critical,keyCertSign,cRLSign");
  });
}

Certificate make_certificate(const std::vector<std::string>& names, const Certificate& authority) {
  return make_signed("Test Server", authority, [&names](X509* made, X509* issuer) {
    extend(made, issuer, NID_subject_alt_name, alternative_names(names));
  });
}

Certificate make_self_signed(const std::vector<std::string>& names, bool expired) {
  const Key key{need(EVP_EC_gen("P-256"))};
  const X509Owner made =
      blank("Test Server", key.get(), -48 * kHour, expired ? -kHour : 24 * kHour);
  X509_set_issuer_name(made.get(), X509_get_subject_name(made.get()));
  extend(made.get(), made.get(), NID_subject_alt_name, alternative_names(names));
  need(X509_sign(made.get(), key.get(), EVP_sha256()) > 0 ? made.get() : nullptr);
  return to_pem(made.get(), key.get());
}

}  // namespace tenax::testing
