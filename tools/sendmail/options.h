// SPDX-License-Identifier: Apache-2.0
#pragma once
// The command line of sendmail(8), as forty years of programs write it.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/submit.h"

namespace tenax::sendmail {

/// What is to be done.
enum class Mode {
  submit,       // -bm, or nothing
  list,         // -bp, or called as mailq
  flush,        // -q...
  nothing,      // -bi, or called as newaliases: there is no alias file to rebuild
  smtp,         // -bs
  not_offered,  // -bd, -bt, -bv and others
  version,
  usage,
};

/// Concurrency: value.
struct Options {
  Mode mode = Mode::submit;
  std::string mode_letter;  // of -b, as given

  std::vector<std::string> retry_only;  // -qR, -qS, -qI: what `tenax retry` is to be told; else all

  engine::RawSubmission message;
  bool verbose = false;  // -v

  std::vector<std::string> warnings;  // one line each, safe to print
};

/// Reads `words`, argv without argv[0]; `called` is argv[0].
///
/// Options and operands may come in any order; "--" ends the options. Values stand in the same word
/// or the next one, but those of -d, -e and -q only in the same. Options nobody knows, and those
/// that would choose a file, a path or a program for us to trust, are ignored with a warning, and
/// so are values of -F, -N, -R and -V that make no sense. Refused with EX_USAGE: a value that is
/// missing, and recipients beside a mode that takes no message.
[[nodiscard]] engine::Outcome<Options> read_options(std::string_view called,
                                                    std::span<const std::string_view> words);

}  // namespace tenax::sendmail
