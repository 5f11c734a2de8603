// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A line keeps the cores that touched it and three touches: the first of all, the first of a second
// core, and the first write. A sharing is named by the first write and the first touch of another
// core, which is one of the other two. Time is told in eras, which begin when a core starts. Lines
// are kept by the page, since neighbours are used together.
#include "audit.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_LINES 64u

struct touch {
    bool known, write;
    uint8_t core;
    uint32_t code, data;
};

struct audited {
    struct core_set cores;
    uint64_t era; // of the last access, by any core; 0: there was none
    struct touch first, second, write;
};

struct page {
    struct audited lines[PAGE_LINES];
};

/// Lines that the same code shares in the same way.
struct sharing {
    struct touch writer, other;
    uint64_t lines, first_line;
    struct core_set cores;
    const char *reason; // of the exception, if it is one
};

/// What others have shared already is nobody's to be handed over.
static bool is_shared(const struct audited *line)
{
    return line->write.known && line->second.known;
}

struct audited *audit_access(struct audit *audit, uint64_t number, unsigned core, bool write)
{
    struct page *page = map_make(&audit->pages, number / PAGE_LINES, sizeof(*page));
    struct audited *line = &page->lines[number % PAGE_LINES];
    if (audit->started[core] == 0)
        audit->started[core] = ++audit->era;
    if (line->era == 0) {
        audit->touched++;
    } else if (line->era < audit->started[core] && !is_shared(line)) {
        audit->handed_over++;
        *line = (struct audited){0};
    }
    line->era = audit->era;
    bool known = core_set_has(&line->cores, core) && (!write || line->write.known);
    return known ? NULL : line;
}

void audit_touch(struct audited *line, unsigned core, bool write, uint32_t code, uint32_t data)
{
    const struct touch touch = {true, write, (uint8_t)core, code, data};
    core_set_add(&line->cores, core);
    if (!line->first.known)
        line->first = touch;
    else if (!line->second.known && core != line->first.core)
        line->second = touch;
    if (write && !line->write.known)
        line->write = touch;
}

static bool fits(const char *pattern, const char *name)
{
    const char *plain = strchr(name, ':');
    return strcmp(pattern, "*") == 0 || strcmp(pattern, plain != NULL ? plain + 1 : name) == 0;
}

static const char *reason_of(const struct sharing *sharing, const struct images *images)
{
    for (unsigned i = 0; i < audit_exceptions_count; i++) {
        const struct audit_exception *e = &audit_exceptions[i];
        if (fits(e->writer, images_symbol_name(images, sharing->writer.code)) &&
            fits(e->other, images_symbol_name(images, sharing->other.code)) &&
            fits(e->data, images_symbol_name(images, sharing->writer.data)))
            return e->reason;
    }
    return NULL;
}

/// Adds a line to the sharing that it is like, among `count`; the new count.
static size_t add(struct sharing *sharings, size_t count, const struct sharing *one)
{
    size_t i = 0;
    while (i < count && (sharings[i].writer.code != one->writer.code ||
                         sharings[i].other.code != one->other.code ||
                         sharings[i].writer.data != one->writer.data))
        i++;
    if (i == count) {
        sharings[count++] = *one;
        return count;
    }
    sharings[i].lines++;
    if (one->first_line < sharings[i].first_line)
        sharings[i].first_line = one->first_line;
    for (unsigned word = 0; word < 4; word++)
        sharings[i].cores.words[word] |= one->cores.words[word];
    return count;
}

static size_t collect_page(const struct page *page, uint64_t first_line, struct sharing *sharings,
                           size_t count)
{
    for (size_t i = 0; i < PAGE_LINES; i++) {
        const struct audited *line = &page->lines[i];
        if (is_shared(line)) {
            bool by_first = line->first.core == line->write.core;
            struct sharing one = {.writer = line->write,
                                  .other = by_first ? line->second : line->first,
                                  .lines = 1,
                                  .first_line = first_line + i,
                                  .cores = line->cores};
            count = add(sharings, count, &one);
        }
    }
    return count;
}

static size_t collect(const struct audit *audit, struct sharing *sharings)
{
    size_t count = 0;
    for (size_t i = 0; i < audit->pages.size; i++) {
        const struct map_entry *entry = &audit->pages.entries[i];
        if (entry->value != NULL)
            count = collect_page(entry->value, entry->key * PAGE_LINES, sharings, count);
    }
    return count;
}

/// Exceptions first, then by the place in memory.
static int by_place(const void *a, const void *b)
{
    const struct sharing *x = a, *y = b;
    if ((x->reason == NULL) != (y->reason == NULL))
        return x->reason == NULL ? 1 : -1;
    return (x->first_line > y->first_line) - (x->first_line < y->first_line);
}

static void print_cores(const struct core_set *cores, FILE *out)
{
    const char *before = " cores ";
    for (unsigned core = 0; core < CORES_MAX; core++) {
        if (core_set_has(cores, core)) {
            fprintf(out, "%s%u", before, core);
            before = ",";
        }
    }
}

static void print(const struct sharing *sharing, const struct images *images, FILE *out)
{
    fprintf(out,
            "%s: %" PRIu64 " lines from 0x%" PRIx64
            " on (%s), written by %s on core %u, %s by %s on core %u;",
            sharing->reason != NULL ? "exception" : "SHARED", sharing->lines,
            sharing->first_line * LINE_BYTES, images_symbol_name(images, sharing->writer.data),
            images_symbol_name(images, sharing->writer.code), sharing->writer.core,
            sharing->other.write ? "written" : "read",
            images_symbol_name(images, sharing->other.code), sharing->other.core);
    print_cores(&sharing->cores, out);
    fprintf(out, "%s%s\n", sharing->reason != NULL ? ": " : "",
            sharing->reason != NULL ? sharing->reason : "");
}

uint64_t audit_report(const struct audit *audit, const struct images *images, FILE *out)
{
    uint64_t lines = 0;
    struct sharing *sharings = map_allocate(audit->touched + 1, sizeof(*sharings));
    size_t count = collect(audit, sharings);
    for (size_t i = 0; i < count; i++)
        sharings[i].reason = reason_of(&sharings[i], images);
    qsort(sharings, count, sizeof(*sharings), by_place);
    for (size_t i = 0; i < count; i++) {
        print(&sharings[i], images, out);
        lines += sharings[i].reason == NULL ? sharings[i].lines : 0;
    }
    fprintf(out,
            "CPU drivers touched %" PRIu64 " lines; %" PRIu64
            " handed over to starting cores; %" PRIu64 " shared beside the exceptions\n",
            audit->touched, audit->handed_over, lines);
    free(sharings);
    return lines;
}

void audit_free(struct audit *audit)
{
    map_free(&audit->pages);
}
