// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The directory. Lines are kept by the page, since neighbours are used together. The states and
// transitions are those of Papamarcos and Patel, "A low-overhead coherence solution for
// multiprocessors with private cache memories" (ISCA 1984).
#include "lines.h"

#define PAGE_LINES 64u

struct page {
    struct line lines[PAGE_LINES];
};

void core_set_add(struct core_set *set, unsigned core)
{
    set->words[core / 64] |= 1ul << core % 64;
}

bool core_set_has(const struct core_set *set, unsigned core)
{
    return (set->words[core / 64] >> core % 64 & 1) != 0;
}

unsigned core_set_count(const struct core_set *set)
{
    unsigned count = 0;
    for (unsigned i = 0; i < 4; i++)
        count += (unsigned)__builtin_popcountl(set->words[i]);
    return count;
}

struct line *lines_get(struct lines *lines, uint64_t number)
{
    struct page *page = map_make(&lines->pages, number / PAGE_LINES, sizeof(*page));
    return &page->lines[number % PAGE_LINES];
}

struct line_effect line_access(struct line *line, unsigned core, bool write)
{
    bool held = core_set_has(&line->holders, core);
    unsigned others = core_set_count(&line->holders) - held;
    struct line_effect effect = {
        .from_memory = !held && others == 0,
        .transferred = others != 0 && (write || !held),
        .invalidated = write ? others : 0,
    };
    if (write && others != 0)
        line->holders = (struct core_set){0};
    core_set_add(&line->holders, core);
    return effect;
}

void lines_free(struct lines *lines)
{
    map_free(&lines->pages);
}
