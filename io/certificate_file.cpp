// SPDX-License-Identifier: Apache-2.0
#include "io/certificate_file.h"

#include <dlfcn.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include <memory>

#include "io/file.h"

namespace tenax::io {

namespace {

/// What is asked of libcrypto, of the version whose headers we were compiled with.
class Libcrypto {
 public:
  Libcrypto() : library_{::dlopen(kName, RTLD_NOW | RTLD_LOCAL)} {
    find(initialize, "OPENSSL_init_crypto");
    find(new_store, "X509_STORE_new");
    find(free_store, "X509_STORE_free");
    find(load_file, "X509_STORE_load_file");
    find(clear_errors, "ERR_clear_error");
    find(first_error, "ERR_get_error");
    find(reason_of, "ERR_reason_error_string");
  }

  /// Why it cannot be asked; empty if it can.
  [[nodiscard]] const std::string& problem() const { return problem_; }

  decltype(&OPENSSL_init_crypto) initialize = nullptr;
  decltype(&X509_STORE_new) new_store = nullptr;
  decltype(&X509_STORE_free) free_store = nullptr;
  decltype(&X509_STORE_load_file) load_file = nullptr;
  decltype(&ERR_clear_error) clear_errors = nullptr;
  decltype(&ERR_get_error) first_error = nullptr;
  decltype(&ERR_reason_error_string) reason_of = nullptr;

 private:
  static constexpr const char* kName = "libcrypto.so." OPENSSL_MSTR(OPENSSL_SHLIB_VERSION);

  template <class Function>
  void find(Function*& function, const char* name) {
    if (library_) function = reinterpret_cast<Function*>(::dlsym(library_, name));
    if (function || !problem_.empty()) return;
    problem_ = library_ ? "no " + std::string{name} + " in " + kName : "no " + std::string{kName};
  }

  void* library_;  // never closed: OpenSSL has things to do when the program ends
  std::string problem_;
};

}  // namespace

Result<> check_certificates(const std::string& ca_file) {
  static const Libcrypto crypto;
  const std::string what = "load certificates from " + ca_file + ": ";
  if (!crypto.problem().empty()) return error(Errc::tls_failed, what + crypto.problem());
  const Result<Fd> there = open_regular_file(ca_file);
  if (!there) return error(Errc::tls_failed, what + to_string(there.error()));
  crypto.initialize(OPENSSL_INIT_LOAD_CRYPTO_STRINGS, nullptr);
  crypto.clear_errors();
  const std::unique_ptr<X509_STORE, decltype(crypto.free_store)> store{crypto.new_store(),
                                                                       crypto.free_store};
  if (store && crypto.load_file(store.get(), ca_file.c_str()) == 1) return {};
  const unsigned long number = crypto.first_error();
  crypto.clear_errors();
  const char* reason = crypto.reason_of(number);
  return error(Errc::tls_failed, what + (reason ? reason : "error " + std::to_string(number)));
}

}  // namespace tenax::io
