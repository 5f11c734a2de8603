// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The shell's language: commands of words, ended by a newline, `;` or `&` (which runs the command
// in the background). '...' keeps all as it is; "..." all but $? and a backslash before " \ or $;
// outside of quotes a backslash keeps the next character. $? is the last command's exit status. A
// word that begins with # opens a comment. Pure: reads text, fills in a structure.
#pragma once

#include <stdbool.h>

#define SHELL_WORDS_MAX 64u
#define SHELL_TEXT_BYTES 2048u ///< of all words, with a zero byte behind each
#define SHELL_STATUS_MAX 255   ///< the greatest, and longest, that $? stands for

/// One command: argc >= 1 words, and NULL behind them. The words lie in `text`.
struct shell_command {
    unsigned argc;
    bool background;
    char *argv[SHELL_WORDS_MAX + 1];
    char text[SHELL_TEXT_BYTES];
};

/// Why a text, which ends with a zero byte, cannot be read to its end, so that no command of it must
/// be run; NULL: it can. `command` is used meanwhile.
const char *shell_fault(const char *text, struct shell_command *command);

/// Take the next command off *text, in which there is no fault, and move *text behind it. `status` is
/// what $? stands for. False: nothing but empty commands was left. Call it again after the command
/// has run.
bool shell_parse(const char **text, int status, struct shell_command *command);
