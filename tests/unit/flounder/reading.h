// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What the suites share: an interface read out of a text, with all that was said about it.
#pragma once

#include <flounder.h>
#include <testlib/testlib.h>

/// A text as an interface, of the file "x.if", and what was told of it.
struct reading {
    struct interface interface;
    struct faults faults;
    bool right;
    char *told;
};

/// Reads a text; the copy that is read is as long as the text, so that a byte behind it is a fault of
/// the sanitizers. End it with unread().
void read_text(struct reading *reading, const char *text);
void unread(struct reading *reading);
/// Reads declarations within `interface t { ... };`, the first of them in line 2. They are right.
void read_right(struct reading *reading, const char *declarations);

/// By name; ends the test if there is none.
const struct type *type_of(const struct reading *reading, const char *name);
const struct operation *operation_of(const struct reading *reading, const char *name);
const struct argument *argument_of(const struct operation *operation, const char *name);
