// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/returned_mail_properties.h"

TENAX_FUZZ_ONE(tenax::fuzz::returned_mail_holds)
