// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What CPU drivers may share: the boot hand-over, and nothing else.
#include "audit.h"

const struct audit_exception audit_exceptions[] = {
    // Cores that start others at the same time write different entries of one array, each entry
    // once; neighbours share a line. Who reads an entry is the core that it starts, by the code in
    // trampoline.S, and whoever would start that core a second time.
    {"start_core", "*", "boot_handover",
     "the boot hand-over, an entry for each core to be started"},
};
const unsigned audit_exceptions_count = sizeof(audit_exceptions) / sizeof(audit_exceptions[0]);
