// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Terminal modes by termios(3). The caller sees to it that terminal_leave() runs on every way out,
// those by signals included (run.c takes them as events).
#include "terminal.h"

#include <unistd.h>

bool terminal_is_input(void)
{
    return isatty(STDIN_FILENO) && tcgetpgrp(STDIN_FILENO) == getpgrp();
}

void terminal_enter(struct terminal *terminal)
{
    if (!terminal_is_input() || tcgetattr(STDIN_FILENO, &terminal->saved) != 0)
        return;
    struct termios raw = terminal->saved;
    raw.c_iflag &= ~(tcflag_t)(IXON | IXOFF | ISTRIP | BRKINT | PARMRK);
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ECHONL | ISIG | IEXTEN);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    terminal->changed = tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
}

void terminal_leave(struct terminal *terminal)
{
    if (terminal->changed) {
        tcsetattr(STDIN_FILENO, TCSANOW, &terminal->saved);
        terminal->changed = false;
    }
}
