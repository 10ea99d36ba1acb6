// SPDX-License-Identifier: Apache-2.0
#pragma once
// Whether a file holds certificates, asked before anybody trusts it.

#include <string>

#include "io/result.h"

namespace tenax::io {

/// Reads the PEM file as TlsTrust would. Errors: tls_failed (no certificates in it, or none that
/// can be read). OpenSSL is loaded at the first call: who asks nothing starts without it, and a
/// program that is started once a mail is done a third sooner (docs/architecture.md).
/// Concurrency: thread-safe.
[[nodiscard]] Result<> check_certificates(const std::string& ca_file);

}  // namespace tenax::io
