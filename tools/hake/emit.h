// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What the writers of edges share: emit.c (what is built) and emit_tests.c (what is run).
#pragma once

#include "hake.h"

struct emitter {
    FILE *out;
    const struct tree *tree;
    struct paths named;               // libraries whose needs have been written
    struct paths all;                 // what `ninja` builds
    struct paths compiled;            // what the objects that rooms reads are for
    struct paths stamps[SUITE_COUNT]; // what `ninja test` and its like run
};

/// Each path on a line of its own, behind `lead`; nothing when there is none.
void emit_list(FILE *out, const char *lead, const struct paths *paths);

/// What a part leaves behind when built, for those who run or read it.
char *output_path(const struct part *part);

/// Objects and the linking of an executable, for a target or for host-asan and host-tsan, or of a
/// shared object (host-pic).
void emit_executable(struct emitter *emitter, const struct part *part, const char *variant,
                     char *output);

/// What all boot tests need, under one name.
void emit_boot_inputs(struct emitter *emitter);

void emit_test(struct emitter *emitter, const struct part *part);
void emit_boot_test(struct emitter *emitter, const struct part *part);

/// The suites (test, test-long, bench), the formatting, and the search for circles.
void emit_suites(struct emitter *emitter);
