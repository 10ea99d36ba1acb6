// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/mail_properties.h"

TENAX_FUZZ_ONE(tenax::fuzz::address_list_holds)
