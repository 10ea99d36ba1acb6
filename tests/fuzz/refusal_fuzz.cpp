// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/cause_properties.h"

TENAX_FUZZ_ONE(tenax::fuzz::refusal_holds)
