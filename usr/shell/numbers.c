// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Numbers in the arguments of commands.
#include "shell.h"

#include "barrelfish/spawn_client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool domain_parse(const char *text, struct capref *domain)
{
    char *end;
    unsigned long id = strtoul(text, &end, 16);
    *domain = spawn_domain_cap((domainid_t)id);
    return *end == '\0' && id != 0 && id <= UINT32_MAX;
}

bool number_parse(const char *text, unsigned long max, unsigned long *number)
{
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || value > max)
        return false;
    *number = value;
    return true;
}

bool bytes_parse(const char *text, size_t *bytes)
{
    static const char units[] = "KMG";
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    const char *unit = *end != '\0' ? strchr(units, *end) : NULL;
    unsigned shift = unit != NULL ? 10 * (unsigned)(unit - units + 1) : 0;
    if (text[0] < '0' || text[0] > '9' || errno != 0 || value == 0 || value > SIZE_MAX >> shift ||
        end[unit != NULL] != '\0')
        return false;
    *bytes = value << shift;
    return true;
}
