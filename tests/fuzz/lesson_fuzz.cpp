// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/lesson_properties.h"

TENAX_FUZZ_ONE(tenax::fuzz::lesson_holds)
