// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The shell's parser: one pass over the text, a function for each kind of quoting. Words are
// written one behind another into the command's own text; what does not fit is an error, never cut.
// Deliberately not here: variables, patterns, redirection and control flow.
#include "parse.h"

#include <stdio.h>
#include <string.h>

struct parser {
    const char *at;
    int status;
    struct shell_command *command;
    size_t used;       ///< bytes of command->text
    const char *error; ///< the first that was met
};

static void put(struct parser *p, char c)
{
    if (p->used >= SHELL_TEXT_BYTES) {
        p->error = "a command is longer than 2,047 bytes";
        return;
    }
    p->command->text[p->used++] = c;
}

/// $? stands for the status; any other $ for itself.
static void put_dollar(struct parser *p)
{
    if (p->at[1] != '?') {
        put(p, *p->at++);
        return;
    }
    char number[16];
    snprintf(number, sizeof(number), "%d", p->status);
    for (const char *c = number; *c != '\0'; c++)
        put(p, *c);
    p->at += 2;
}

static void single_quoted(struct parser *p)
{
    for (p->at++; *p->at != '\'' && *p->at != '\0'; p->at++)
        put(p, *p->at);
    if (*p->at == '\0') {
        p->error = "a ' is missing";
        return;
    }
    p->at++;
}

static void double_quoted(struct parser *p)
{
    p->at++;
    while (*p->at != '"' && *p->at != '\0') {
        if (*p->at == '$') {
            put_dollar(p);
            continue;
        }
        if (*p->at == '\\' && (p->at[1] == '"' || p->at[1] == '\\' || p->at[1] == '$'))
            p->at++;
        put(p, *p->at++);
    }
    if (*p->at == '\0') {
        p->error = "a \" is missing";
        return;
    }
    p->at++;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static bool ends_command(char c)
{
    return c == '\0' || c == '\n' || c == ';' || c == '&';
}

static void word(struct parser *p)
{
    struct shell_command *command = p->command;
    if (command->argc == SHELL_WORDS_MAX) {
        p->error = "a command has more than 64 words";
        return;
    }
    command->argv[command->argc++] = &command->text[p->used];
    while (p->error == NULL && !is_blank(*p->at) && !ends_command(*p->at)) {
        if (*p->at == '\'') {
            single_quoted(p);
        } else if (*p->at == '"') {
            double_quoted(p);
        } else if (*p->at == '$') {
            put_dollar(p);
        } else {
            if (*p->at == '\\' && p->at[1] != '\0' && p->at[1] != '\n')
                p->at++;
            put(p, *p->at++);
        }
    }
    if (p->error == NULL)
        put(p, '\0');
}

/// Reads up to the end of a command, which may turn out to have no words.
static void one_command(struct parser *p)
{
    p->command->argc = 0;
    p->command->background = false;
    p->used = 0;
    while (p->error == NULL) {
        while (is_blank(*p->at))
            p->at++;
        if (*p->at == '#')
            p->at += strcspn(p->at, "\n");
        if (ends_command(*p->at))
            break;
        word(p);
    }
    p->command->argv[p->command->argc] = NULL;
    if (*p->at == '&') {
        p->command->background = true;
        p->error = p->error == NULL && p->command->argc == 0 ? "no command is before &" : p->error;
    }
    p->at += *p->at != '\0';
}

const char *shell_fault(const char *text, struct shell_command *command)
{
    struct parser p = {.at = text, .status = SHELL_STATUS_MAX, .command = command};
    while (p.error == NULL && *p.at != '\0')
        one_command(&p);
    return p.error;
}

bool shell_parse(const char **text, int status, struct shell_command *command)
{
    struct parser p = {.at = *text, .status = status, .command = command};
    command->argc = 0;
    while (*p.at != '\0' && command->argc == 0)
        one_command(&p);
    *text = p.at;
    return command->argc > 0;
}
