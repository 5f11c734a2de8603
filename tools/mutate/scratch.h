// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A copy of the built tree, in which sources are changed, built and tested.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define MUTATE_DIR "build/mutate"

struct names {
    char **items;
    size_t count;
};

void names_add(struct names *names, const char *name);
bool names_has(const struct names *names, const char *name);

/// The host tests whose programs have `source` in them (test-caps and so on, but the long ones).
struct names tests_of(const char *source);

/// Copy sources and what is built of them. The working directory is the top of the tree.
bool scratch_copy(void);

/// Build tests, or run one of them, in the copy; a run that takes more than `seconds` has failed.
bool scratch_build(const struct names *tests);
bool scratch_run(const char *test, unsigned seconds);
bool scratch_write(const char *source, const char *text);
char *file_read(const char *path); // NULL if it cannot be read
