// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Lines of a script.
#include "script.h"

bool script_add(struct script *script, char byte)
{
    if (byte == '\n')
        return true;
    if (script->length < SCRIPT_LINE_BYTES)
        script->text[script->length] = byte;
    script->length++;
    script->has_zero |= byte == '\0';
    return false;
}

const char *script_fault(const struct script *script)
{
    if (script->length >= SCRIPT_LINE_BYTES)
        return "the line is longer than 16,383 bytes";
    return script->has_zero ? "the line has a zero byte" : NULL;
}

const char *script_text(struct script *script)
{
    script->text[script->length] = '\0';
    return script->text;
}

bool script_empty(const struct script *script)
{
    return script->length == 0;
}

void script_begin(struct script *script)
{
    script->length = 0;
    script->has_zero = false;
}
