// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The words of errors are the library's; what can be done about them at this prompt is said here.
#include "error_text.h"

#include "barrelfish/err.h"

#include <stdio.h>
#include <string.h>

static const struct {
    enum err_code code;
    const char *hint;
} hints[] = {
    {SPAWN_ERR_NO_MODULE, "help lists commands and modules"},
    {SPAWN_ERR_NO_DOMAIN, "ps lists those that run"},
    {SPAWN_ERR_LIMIT, "ps lists them, kill ends one"},
    {SPAWN_ERR_ARGS, "at most 256, of 8,192 bytes together, the environment among them"},
    {MON_ERR_NO_CORE, "cores lists those that are up"},
    {LIB_ERR_RAM_ALLOC, "mem shows what is free"},
    {LIB_ERR_RAM_ALLOC_LIMIT, "info shows the shell's own; spawn --memory sets a program's"},
};

static void append(char *text, size_t bytes, const char *before, const char *words)
{
    size_t used = strlen(text);
    snprintf(text + used, bytes - used, "%s%s", before, words);
}

void error_text(errval_t err, char *text, size_t bytes)
{
    const char *hint = NULL;
    text[0] = '\0';
    for (; err_is_fail(err); err >>= ERR_CODE_BITS) {
        append(text, bytes, text[0] != '\0' ? ": " : "", err_getstring(err));
        for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++)
            hint = err_no(err) == hints[i].code ? hints[i].hint : hint;
    }
    if (hint != NULL) {
        append(text, bytes, " (", hint);
        append(text, bytes, ")", "");
    }
}
