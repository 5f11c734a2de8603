// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The rules of the capability system, written down a second time and in another form: whoever edits
// the table in cpudriver/caps/rules.c must mean it twice. A type is a letter, a set of types or of
// rights a string.
#pragma once

#include "world.h"

/// One letter for each type, in the order of enum objtype; that of Null is '-'.
#define SPEC_TYPES "-PR12abcdFDMXEUNSTOKCI"

struct spec_arg {
    enum cap_arg_kind kind;
    const char *types, *rights;
    const char *table_rights; ///< of a page table, besides
    bool kept;                ///< must not be held
};

struct spec_command {
    uint64_t command;
    const char *types, *rights;
    struct spec_arg args[CAP_ARGS];
};

struct spec_type {
    const char *into;   ///< types that can be made of it
    const char *rights; ///< needed for that
    const char *traits; ///< copyable sendable owned leaf: "csol"; contains Cleared Returned: "nCR";
                        ///< pages pow2: "p2"
    enum mdb_class class;
    uint64_t min, max, align, limit;
};

/// The rule of a command, or NULL if there is no such command.
const struct spec_command *spec_command(uint64_t command);
const struct spec_type *spec_type(unsigned type);

/// Whether a string of types has a type.
bool spec_has(const char *types, unsigned type);

/// CAPRIGHTS_ of a string like "rwxgi".
uint8_t spec_rights(const char *rights);

/// What an invocation must answer, its arguments aside.
errval_t spec_check(uint64_t command, unsigned type, uint8_t rights);
