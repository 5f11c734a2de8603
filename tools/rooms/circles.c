// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Strongly connected components, by Tarjan (Depth-first search and linear graph algorithms, SIAM
// Journal on Computing 1972). No node has an edge to itself.
#include <stdlib.h>

#include "rooms.h"

struct search {
    const struct edge *edges;
    size_t edges_count;
    size_t *order, *low; // of the first visit, from 1; the earliest that is reached
    size_t *stack, stack_count, visited;
    bool *on_stack;
    struct circles found;
};

/// The component of `node` is what lies above it on the stack.
static void take_component(struct search *search, size_t node)
{
    size_t start = search->stack_count;
    while (search->stack[--start] != node) {
    }
    bool is_circle = search->stack_count - start > 1;
    search->found.count += is_circle ? 1 : 0;
    for (size_t i = start; i < search->stack_count; i++) {
        search->on_stack[search->stack[i]] = false;
        search->found.circle[search->stack[i]] = is_circle ? search->found.count : 0;
    }
    search->stack_count = start;
}

static void visit(struct search *search, size_t node)
{
    search->order[node] = search->low[node] = ++search->visited;
    search->stack[search->stack_count++] = node;
    search->on_stack[node] = true;
    for (size_t i = 0; i < search->edges_count; i++) {
        size_t to = search->edges[i].to;
        if (search->edges[i].from != node)
            continue;
        if (search->order[to] == 0) {
            visit(search, to);
            search->low[node] =
                search->low[to] < search->low[node] ? search->low[to] : search->low[node];
        } else if (search->on_stack[to] && search->order[to] < search->low[node]) {
            search->low[node] = search->order[to];
        }
    }
    if (search->low[node] == search->order[node])
        take_component(search, node);
}

struct circles circles_find(size_t nodes, const struct edge *edges, size_t edges_count)
{
    struct search search = {
        .edges = edges,
        .edges_count = edges_count,
        .order = checked(calloc(nodes + 1, sizeof(size_t))),
        .low = checked(calloc(nodes + 1, sizeof(size_t))),
        .stack = checked(calloc(nodes + 1, sizeof(size_t))),
        .on_stack = checked(calloc(nodes + 1, sizeof(bool))),
        .found.circle = checked(calloc(nodes + 1, sizeof(size_t))),
    };
    for (size_t i = 0; i < nodes; i++)
        if (search.order[i] == 0)
            visit(&search, i);
    free(search.order);
    free(search.low);
    free(search.stack);
    free(search.on_stack);
    return search.found;
}
