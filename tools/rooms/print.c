// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The figures: one line about the whole, or all arrows between rooms.
#include <stdlib.h>
#include <string.h>

#include "rooms.h"

struct counts {
    size_t from, to; // in graph.rooms
    size_t calls, includes, addresses;
};

static int by_rooms(const void *a, const void *b)
{
    const struct counts *x = a, *y = b;
    return x->from != y->from ? (x->from < y->from ? -1 : 1) : (x->to > y->to) - (x->to < y->to);
}

/// Arrows between two rooms, summed up; sorted.
static struct counts *sum_up(const struct graph *graph, size_t *count)
{
    struct counts *sums = checked(calloc(graph->arrows_count + 1, sizeof *sums));
    *count = 0;
    for (size_t i = 0; i < graph->arrows_count; i++) {
        const struct arrow *arrow = &graph->arrows[i];
        size_t from = graph->files[arrow->from].room, to = graph->files[arrow->to].room, j = 0;
        while (j < *count && (sums[j].from != from || sums[j].to != to))
            j++;
        if (from != to) {
            sums[j].from = from;
            sums[j].to = to;
            sums[j].calls += arrow->calls.count;
            sums[j].includes += arrow->includes;
            sums[j].addresses += arrow->addresses.count;
            *count += j == *count ? 1 : 0;
        }
    }
    qsort(sums, *count, sizeof *sums, by_rooms);
    return sums;
}

void print_total(const struct graph *graph)
{
    size_t count, calls = 0, includes = 0, addresses = 0;
    struct counts *sums = sum_up(graph, &count);
    for (size_t i = 0; i < count; i++) {
        calls += sums[i].calls;
        includes += sums[i].includes;
        addresses += sums[i].addresses;
    }
    free(sums);
    printf("%zu rooms, %zu files; between rooms %zu calls, %zu includes, and %zu addresses of "
           "functions that do not count\n",
           graph->rooms.count, graph->files_count, calls, includes, addresses);
}

static void print_names(const struct graph *graph, const struct counts *sum)
{
    for (size_t i = 0; i < graph->arrows_count; i++) {
        const struct arrow *arrow = &graph->arrows[i];
        if (graph->files[arrow->from].room == sum->from &&
            graph->files[arrow->to].room == sum->to && arrow->calls.count != 0) {
            printf("    %s -> %s:", graph->files[arrow->from].path, graph->files[arrow->to].path);
            for (size_t j = 0; j < arrow->calls.count; j++)
                printf(" %s", arrow->calls.items[j]);
            printf("\n");
        }
    }
}

void print_arrows(const struct graph *graph, bool names)
{
    size_t count;
    struct counts *sums = sum_up(graph, &count);
    printf("%-32s %-32s %7s %9s %10s\n", "from", "to", "calls", "includes", "addresses");
    for (size_t i = 0; i < count; i++) {
        printf("%-32s %-32s %7zu %9zu %10zu\n", graph->rooms.items[sums[i].from],
               graph->rooms.items[sums[i].to], sums[i].calls, sums[i].includes, sums[i].addresses);
        if (names)
            print_names(graph, &sums[i]);
    }
    free(sums);
}
