// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Results as text and as comma-separated values.
#include "counts.h"

#include "bench/mark.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define SYMBOLS_SHOWN 10u

const char *region_what_name(unsigned what)
{
    static const char *const names[BENCH_MARK_WHAT_COUNT] = {
        [BENCH_MARK_SYSCALL] = "syscall",   [BENCH_MARK_LMP] = "lmp",
        [BENCH_MARK_LRPC] = "lrpc",         [BENCH_MARK_UMP] = "ump",
        [BENCH_MARK_STREAM] = "stream",     [BENCH_MARK_PAIRS] = "pairs",
        [BENCH_MARK_FANIN] = "fanin",       [BENCH_MARK_FANOUT] = "fanout",
        [BENCH_MARK_PIPELINE] = "pipeline", [BENCH_MARK_BULK] = "bulk",
        [BENCH_MARK_WAKE] = "wake",         [BENCH_MARK_POLL] = "poll",
        [BENCH_MARK_RING] = "ring",         [BENCH_MARK_FLUSHED] = "stream flushed",
        [BENCH_MARK_CALL] = "call",         [BENCH_MARK_SPAWN] = "spawn",
        [BENCH_MARK_RPC] = "rpc",
    };
    return what < BENCH_MARK_WHAT_COUNT ? names[what] : "?";
}

static double each(const struct region *region, uint64_t count)
{
    return (double)count / (double)(region->items != 0 ? region->items : 1);
}

static void print_counts(const struct region *region, const char *who, const struct counts *counts,
                         FILE *out)
{
    fprintf(out, "  %-10s %12.2f %12.2f %10.2f %10.2f %10.2f\n", who,
            each(region, counts->instructions), each(region, counts->driver_instructions),
            each(region, counts->transfers), each(region, counts->cold),
            each(region, counts->invalidations));
}

static bool took_part(const struct counts *counts)
{
    return (counts->instructions | counts->transfers | counts->cold) != 0;
}

static uint64_t movements(const struct pair *pair)
{
    return pair->counts.transfers + pair->counts.cold;
}

static int by_movements(const void *a, const void *b)
{
    const struct pair *x = *(struct pair *const *)a, *y = *(struct pair *const *)b;
    if (movements(x) != movements(y))
        return movements(x) < movements(y) ? 1 : -1;
    return x->code != y->code ? (x->code > y->code) - (x->code < y->code)
                              : (x->data > y->data) - (x->data < y->data);
}

static void print_pairs(const struct region *region, FILE *out)
{
    const struct pair **pairs = map_allocate(region->pairs.count + 1, sizeof(struct pair *));
    size_t count = 0;
    for (size_t i = 0; i < region->pairs.size; i++)
        if (region->pairs.entries[i].value != NULL)
            pairs[count++] = region->pairs.entries[i].value;
    qsort(pairs, count, sizeof(*pairs), by_movements);
    for (size_t i = 0; i < count && i < SYMBOLS_SHOWN; i++) {
        const struct pair *pair = pairs[i];
        fprintf(out, "  %10.2f from cores %10.2f from memory   %s at %s\n",
                each(region, pair->counts.transfers), each(region, pair->counts.cold),
                images_symbol_name(region->images, pair->code),
                images_symbol_name(region->images, pair->data));
    }
    free(pairs);
}

/// The symbols with the most instructions, by picking the largest again and again.
static void print_code(const struct region *region, FILE *out)
{
    uint64_t below = UINT64_MAX;
    uint32_t last = 0;
    for (unsigned shown = 0; shown < SYMBOLS_SHOWN; shown++) {
        uint32_t best = UINT32_MAX;
        for (uint32_t i = 0; i <= region->images->symbols; i++) {
            uint64_t n = region->code[i];
            bool open = n < below || (n == below && i > last);
            if (open && n != 0 && (best == UINT32_MAX || n > region->code[best]))
                best = i;
        }
        if (best == UINT32_MAX)
            return;
        below = region->code[best];
        last = best;
        fprintf(out, "  %10.2f instructions   %s\n", each(region, below),
                images_symbol_name(region->images, best));
    }
}

static void print_time(const struct region *region, FILE *out)
{
    if (region->mhz != 0) {
        double cycles = each(region, region->time) / 1000;
        fprintf(out,
                "  %10.2f cycles (%.1f ns) in the model of a machine with that many cores, %s\n",
                cycles, cycles * 1000 / region->mhz, region->costs);
    }
}

typedef void print_row(const struct region *region, const char *who, const struct counts *counts,
                       FILE *out);

/// A row of all cores together, and one of each that took part, which begins with `core`.
static void print_rows(const struct region *region, print_row *row, const char *all,
                       const char *core, FILE *out)
{
    struct counts total = region_total(region);
    row(region, all, &total, out);
    for (unsigned i = 0; i < region->cores; i++) {
        char who[16];
        if (took_part(&region->core[i])) {
            snprintf(who, sizeof(who), "%s%u", core, i);
            row(region, who, &region->core[i], out);
        }
    }
}

void region_print(const struct region *region, FILE *out)
{
    fprintf(out, "%s: %" PRIu64 " items; for each item:\n", region_what_name(region->what),
            region->items);
    fprintf(out, "  %-10s %12s %12s %10s %10s %10s\n", "", "instructions", "CPU driver's",
            "from cores", "from mem.", "invalid.");
    print_rows(region, print_counts, "all cores", "core ", out);
    print_time(region, out);
    print_pairs(region, out);
    print_code(region, out);
}

static void csv_row(const struct region *region, const char *core, const struct counts *counts,
                    FILE *out)
{
    fprintf(out,
            "%s,%" PRIu64 ",%s,%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64
            ",%" PRIu64 "\n",
            region_what_name(region->what), region->ended, core, region->items,
            counts->instructions, counts->driver_instructions, counts->transfers, counts->cold,
            counts->invalidations, counts->time / 1000);
}

void region_csv_head(FILE *out)
{
    fprintf(out, "what,region,core,items,instructions,driver_instructions,transfers,"
                 "from_memory,invalidations,modelled_cycles\n");
}

void region_csv(const struct region *region, FILE *out)
{
    print_rows(region, csv_row, "all", "", out);
}
