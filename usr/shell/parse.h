// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The shell's language: commands of words, ended by a newline, `;` or `&` (which runs the command
// in the background). '...' keeps all as it is; "..." all but $? and a backslash before " \ or $;
// outside of quotes a backslash keeps the next character. $? is the last command's exit status. A
// word that begins with # opens a comment. Pure: reads text, fills in a structure.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define SHELL_WORDS_MAX 64u
#define SHELL_TEXT_BYTES 2048u

/// One command: argc >= 1 words, and NULL behind them. The words lie in `text`.
struct shell_command {
    unsigned argc;
    bool background;
    char *argv[SHELL_WORDS_MAX + 1];
    char text[SHELL_TEXT_BYTES];
};

enum shell_parsed {
    SHELL_PARSED_END,     ///< nothing but empty commands was left
    SHELL_PARSED_COMMAND, ///< *command is filled in
    SHELL_PARSED_ERROR,   ///< *error says why; the rest of the line is skipped
};

/// Take the next command off *text, which ends with a zero byte, and move *text behind it. `status`
/// is what $? stands for. Call it again after the command has run.
enum shell_parsed shell_parse(const char **text, int status, struct shell_command *command,
                              const char **error);
