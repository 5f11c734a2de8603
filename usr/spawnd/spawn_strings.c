// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Putting strings together, and finding them again.
#include "spawn_strings.h"

#include <string.h>

errval_t strings_add(struct strings *strings, uint64_t offset, uint64_t bytes, const void *piece)
{
    if (offset == 0)
        strings->used = 0;
    if (offset != strings->used || bytes > SPAWND_PIECE_BYTES ||
        bytes > SPAWND_STRINGS_MAX - strings->used)
        return SPAWN_ERR_ARGS;
    memcpy(strings->bytes + strings->used, piece, bytes);
    strings->used += bytes;
    return SYS_ERR_OK;
}

errval_t strings_split(struct strings *strings, uint64_t argc, uint64_t envc,
                       const char *const **argv, const char *const **envp)
{
    if (argc == 0 || argc > SPAWND_COUNT_MAX || envc > SPAWND_COUNT_MAX - argc)
        return SPAWN_ERR_ARGS;
    size_t at = 0;
    for (size_t i = 0; i < argc + envc; i++) {
        const char *end = memchr(strings->bytes + at, '\0', strings->used - at);
        if (end == NULL)
            return SPAWN_ERR_ARGS;
        strings->pointers[i] = strings->bytes + at;
        at = (size_t)(end - strings->bytes) + 1;
    }
    if (at != strings->used)
        return SPAWN_ERR_ARGS;
    *argv = strings->pointers;
    *envp = strings->pointers + argc;
    return SYS_ERR_OK;
}
