// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A line keeps the cores that touched it, and of each kind of touch the first: enough to say who
// shares what. A sharing is named by the first writer, and the first other core to touch the line.
#include "audit.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define TOUCHES_MAX 8u

struct touch {
    uint8_t core;
    bool write;
    uint32_t code, data;
};

struct audited {
    uint64_t last; // access, by any core
    struct core_set cores, writers;
    struct touch touches[TOUCHES_MAX]; // the first of each core, and the first write of each
    unsigned touches_count;
};

// Lines that the same code shares in the same way.
struct sharing {
    struct touch writer, other;
    uint64_t lines, first_line;
    struct core_set cores;
    const char *reason; // of the exception, if it is one
};

void audit_access(struct audit *audit, uint64_t number, unsigned core, uint32_t code, uint32_t data,
                  bool write)
{
    struct audited *line = map_make(&audit->lines, number, sizeof(*line));
    audit->now++;
    if (audit->started[core] == 0) {
        audit->started[core] = audit->now;
    }
    if (line->last != 0 && line->last < audit->started[core]) {
        *line = (struct audited){0};
        audit->handed_over++;
    }
    line->last = audit->now;
    struct core_set *known = write ? &line->writers : &line->cores;
    if (core_set_has(known, core)) {
        return;
    }
    core_set_add(&line->cores, core);
    if (write) {
        core_set_add(&line->writers, core);
    }
    // The last place is for a write: without one the line would be no sharing at all.
    if (line->touches_count < TOUCHES_MAX - !write) {
        line->touches[line->touches_count++] = (struct touch){(uint8_t)core, write, code, data};
    }
}

static bool find_touches(const struct audited *line, struct touch *writer, struct touch *other)
{
    const struct touch *first = NULL;
    for (unsigned i = 0; i < line->touches_count && first == NULL; i++) {
        first = line->touches[i].write ? &line->touches[i] : NULL;
    }
    for (unsigned i = 0; first != NULL && i < line->touches_count; i++) {
        if (line->touches[i].core != first->core) {
            *writer = *first;
            *other = line->touches[i];
            return true;
        }
    }
    return false;
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
            fits(e->data, images_symbol_name(images, sharing->writer.data))) {
            return e->reason;
        }
    }
    return NULL;
}

/// Adds a line to the sharing that it is like, among `count`; the new count.
static size_t add(struct sharing *sharings, size_t count, const struct sharing *one)
{
    size_t i = 0;
    while (i < count && (sharings[i].writer.code != one->writer.code ||
                         sharings[i].other.code != one->other.code ||
                         sharings[i].writer.data != one->writer.data)) {
        i++;
    }
    if (i == count) {
        sharings[count++] = *one;
        return count;
    }
    sharings[i].lines++;
    if (one->first_line < sharings[i].first_line) {
        sharings[i].first_line = one->first_line;
    }
    for (unsigned word = 0; word < 4; word++) {
        sharings[i].cores.words[word] |= one->cores.words[word];
    }
    return count;
}

static size_t collect(const struct audit *audit, struct sharing *sharings)
{
    size_t count = 0;
    for (size_t i = 0; i < audit->lines.size; i++) {
        const struct map_entry *entry = &audit->lines.entries[i];
        const struct audited *line = entry->value;
        struct sharing one = {.lines = 1, .first_line = entry->key};
        if (line != NULL && find_touches(line, &one.writer, &one.other)) {
            one.cores = line->cores;
            count = add(sharings, count, &one);
        }
    }
    return count;
}

/// Exceptions first, then by the place in memory.
static int by_place(const void *a, const void *b)
{
    const struct sharing *x = a, *y = b;
    if ((x->reason == NULL) != (y->reason == NULL)) {
        return x->reason == NULL ? 1 : -1;
    }
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
    struct sharing *sharings = map_allocate(audit->lines.count + 1, sizeof(*sharings));
    size_t count = collect(audit, sharings);
    for (size_t i = 0; i < count; i++) {
        sharings[i].reason = reason_of(&sharings[i], images);
    }
    qsort(sharings, count, sizeof(*sharings), by_place);
    for (size_t i = 0; i < count; i++) {
        print(&sharings[i], images, out);
        lines += sharings[i].reason == NULL ? sharings[i].lines : 0;
    }
    fprintf(out,
            "CPU drivers touched %zu lines; %" PRIu64 " handed over to starting cores; %" PRIu64
            " shared beside the exceptions\n",
            audit->lines.count, audit->handed_over, lines);
    free(sharings);
    return lines;
}

void audit_free(struct audit *audit)
{
    map_free(&audit->lines);
}
