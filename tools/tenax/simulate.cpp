// SPDX-License-Identifier: Apache-2.0
#include "tools/tenax/simulate.h"

#include <sysexits.h>

#include <optional>
#include <ostream>
#include <string>

#include "mail/printable.h"

#include "engine/laboratory.h"

namespace tenax::cli {

int simulate(std::istream& in, std::ostream& out, std::ostream& error) {
  const std::optional<std::string> wrong = engine::run_laboratory(in, out);
  if (!wrong) return EX_OK;
  error << "tenax: " << mail::printable(*wrong, 500) << "\n";
  return EX_DATAERR;
}

}  // namespace tenax::cli
