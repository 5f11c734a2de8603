// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Makes the vector that a C library expects at the start of the stack out of the argument page.
// Pure. Sources: System V ABI, AMD64 supplement, 3.4.1; getauxval(3). AT_UID and the like are all
// zero and AT_SECURE is 0: there are no users here.

#include "startup.h"

#include <assert.h>
#include <elf.h>
#include <string.h>

/// Appends a pointer to the next `count` strings from *pos on; returns how many there were.
static size_t add_strings(uint64_t *vector, size_t count, const struct spawn_args *args,
                          size_t *pos)
{
    size_t end =
        args->strings_bytes < sizeof(args->strings) ? args->strings_bytes : sizeof(args->strings);
    for (size_t i = 0; i < count; i++) {
        const char *string = args->strings + *pos;
        size_t length = strnlen(string, end - *pos);
        if (length == end - *pos)
            return i;
        vector[i] = (uint64_t)(uintptr_t)string;
        *pos += length + 1;
    }
    return count;
}

static size_t add_aux(uint64_t *vector, uint64_t type, uint64_t value)
{
    vector[0] = type;
    vector[1] = value;
    return 2;
}

size_t startup_vector_fill(uint64_t vector[STARTUP_WORDS_MAX], const struct spawn_args *args,
                           const uint8_t *random)
{
    size_t argc = args->argc < STARTUP_STRINGS_MAX ? args->argc : STARTUP_STRINGS_MAX;
    size_t envc = STARTUP_STRINGS_MAX - argc;
    envc = args->envc < envc ? args->envc : envc;
    size_t words = 1;
    size_t pos = 0;
    vector[0] = add_strings(vector + words, argc, args, &pos);
    words += vector[0];
    vector[words++] = 0;
    words += add_strings(vector + words, envc, args, &pos);
    vector[words++] = 0;
    words += add_aux(vector + words, AT_PHDR, args->phdr_vaddr);
    words += add_aux(vector + words, AT_PHNUM, args->phdr_vaddr != 0 ? args->phnum : 0);
    words += add_aux(vector + words, AT_PHENT, sizeof(Elf64_Phdr));
    words += add_aux(vector + words, AT_PAGESZ, BASE_PAGE_SIZE);
    words += add_aux(vector + words, AT_ENTRY, args->entry);
    words += add_aux(vector + words, AT_UID, 0);
    words += add_aux(vector + words, AT_EUID, 0);
    words += add_aux(vector + words, AT_GID, 0);
    words += add_aux(vector + words, AT_EGID, 0);
    words += add_aux(vector + words, AT_SECURE, 0);
    words += add_aux(vector + words, AT_RANDOM, (uint64_t)(uintptr_t)random);
    words += add_aux(vector + words, AT_NULL, 0);
    assert(words <= STARTUP_WORDS_MAX); // SV1
    return words;
}

const char *startup_name(const struct spawn_args *args)
{
    if (args->argc == 0 || memchr(args->strings, 0, sizeof(args->strings)) == NULL)
        return "";
    const char *slash = strrchr(args->strings, '/');
    return slash != NULL ? slash + 1 : args->strings;
}
