// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a parser in this room returns: the value, or one line saying why the text is none.

#include <boost/system/result.hpp>
#include <stdexcept>
#include <string>

namespace tenax::mail {

/// Why a text could not be read. `why` is one line, safe to print (no bytes of the text unescaped).
struct ParseError {
  std::string why;
};

template <class T>
using Parsed = boost::system::result<T, ParseError>;

/// Makes Parsed<T>::value() throw std::invalid_argument when there is none (a bug of the caller).
[[noreturn]] inline void throw_exception_from_error(const ParseError& error,
                                                    const boost::source_location&) {
  throw std::invalid_argument{error.why};
}

}  // namespace tenax::mail
