// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/hint_properties.h"

TENAX_FUZZ_ONE(tenax::fuzz::hint_holds)
