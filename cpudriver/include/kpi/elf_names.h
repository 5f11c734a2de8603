// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The names of a program's functions, which tools/names puts into each domain as a segment of its
// own, to be read, so that a backtrace can show them. Stave's note (kpi/elf_note.h) says where:
// its description is the address and the number of bytes. First comes the head, then entries by
// rising address, then strings, each ended by a zero byte. The last entry has an empty name and the
// address behind the last function. A program can only deceive itself with it; but it may be broken
// when it is read, so nothing is believed.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct elf_names_head {
    uint32_t count, strings_bytes;
};

struct elf_name {
    uint32_t address; ///< programs lie below 4 GiB
    uint32_t string;  ///< offset among the strings
};

/// The name of the function that `address` is in, and how far behind its start; NULL: none is known.
static inline const char *elf_names_find(const void *table, size_t bytes, uint64_t address,
                                         uint64_t *offset)
{
    const struct elf_names_head *head = table;
    if (bytes < sizeof(*head) || head->count > (bytes - sizeof(*head)) / sizeof(struct elf_name) ||
        head->strings_bytes != bytes - sizeof(*head) - head->count * sizeof(struct elf_name))
        return NULL;
    const struct elf_name *entries = (const struct elf_name *)(head + 1);
    const char *strings = (const char *)(entries + head->count);
    uint32_t low = 0, high = head->count; // entries below `low` are at or before the address
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (entries[middle].address <= address)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0 || entries[low - 1].string >= head->strings_bytes)
        return NULL;
    const char *name = strings + entries[low - 1].string;
    if (name[0] == '\0' ||
        memchr(name, '\0', head->strings_bytes - entries[low - 1].string) == NULL)
        return NULL;
    *offset = address - entries[low - 1].address;
    return name;
}
