// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A module's string is marks that end with colons, its name, and its arguments.
#include "modules.h"

#include <string.h>

bool module_name(const struct bootinfo *bootinfo, unsigned index, char name[MODULE_NAME_BYTES])
{
    if (index >= bootinfo->modules_count || index >= BOOTINFO_MODULES_MAX)
        return false;
    const char *string = bootinfo->modules[index].string;
    const char *end = memchr(string, '\0', BOOTINFO_STRING_MAX);
    const char *space = memchr(string, ' ', BOOTINFO_STRING_MAX);
    end = space != NULL && (end == NULL || space < end) ? space : end;
    end = end != NULL ? end : string + BOOTINFO_STRING_MAX - 1;
    const char *start = end;
    while (start > string && start[-1] != ':')
        start--;
    memcpy(name, start, (size_t)(end - start));
    name[end - start] = '\0';
    return true;
}
