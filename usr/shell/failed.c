// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// How a command says that it has failed.
#include "error_text.h"
#include "shell.h"

#include <stdio.h>

int command_failed(const char *name, errval_t err)
{
    char text[ERROR_TEXT_BYTES];
    error_text(err, text, sizeof(text));
    printf("%s: %s\n", name, text);
    return STATUS_FAILED;
}

int core_failed(const char *name, unsigned long core, errval_t err)
{
    char place[64];
    snprintf(place, sizeof(place), "%s: core %lu", name, core);
    return command_failed(place, err);
}
