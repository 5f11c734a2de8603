// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The rest of a CPU driver around its capability code, of which a test has no use.
#pragma once

#include "caps/caps.h"

/// Hooks that do nothing but take memory back, by `return_ram`. No other core knows an object.
struct caps_hooks fake_caps_hooks(bool (*return_ram)(struct caps *caps, genpaddr_t base,
                                                     gensize_t bytes));
