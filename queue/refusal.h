// SPDX-License-Identifier: Apache-2.0
#pragma once
// Why a submitter's message is not taken: the exit code its program ends with, and one line for
// people.

#include <sysexits.h>

#include <boost/system/result.hpp>
#include <stdexcept>
#include <string>

namespace tenax::queue {

/// What a door that speaks SMTP has to tell apart (RFC 3463: 5.6.0, 5.3.4, 5.4.6).
enum class Fault { content, too_large, loop };

/// `exit_code` is of sysexits.h; `text` is one line, safe to print.
struct Refusal {
  int exit_code = EX_SOFTWARE;
  std::string text;
  Fault fault = Fault::content;
};

template <class T = void>
using Outcome = boost::system::result<T, Refusal>;

/// Outcome<T>::value() on a refusal is a bug of the caller.
[[noreturn]] inline void throw_exception_from_error(const Refusal& refusal,
                                                    const boost::source_location&) {
  throw std::logic_error{refusal.text};
}

}  // namespace tenax::queue
