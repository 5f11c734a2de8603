// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The user's terminal while it is the machine's console: each key goes to the machine at once,
// Ctrl-C included, and the machine does the echo. Line ends are still translated both ways, so
// that the machine sees the same '\n' as from a file.
#pragma once

#include <stdbool.h>
#include <termios.h>

struct terminal {
    bool changed;
    struct termios saved;
};

/// Is standard input a terminal that may be changed now?
bool terminal_is_input(void);

/// Change it. Does nothing if standard input is no terminal.
void terminal_enter(struct terminal *terminal);

/// Put it back as it was, if it was changed.
void terminal_leave(struct terminal *terminal);
