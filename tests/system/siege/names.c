// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The attacks, in the order in which they are made: what test_siege and test_camp both know.
#include "siege.h"

const char *const siege_attack_names[] = {
    "memory", "capabilities", "processor", "yield",    "domains", "reclaims",
    "names",  "waits",        "exports",   "bindings", "console", "requests",
    "far",    "prints",       "strings",   "family",   "gifts",   NULL,
};
