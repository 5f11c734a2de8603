// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Free physical ranges: first fit by address, which packs small pieces at the low end and keeps
// large ranges whole at the high end. Of ranges that are large enough but lie badly for a request's
// alignment only LOOKS are looked at, as long as one is there that fits wherever it lies, else
// LOOKS_MOST: a domain that leaves many such behind must not make others' requests dear. Stands on
// the range tree only.
#include "free_ranges.h"

#define LOOKS 8u
#define LOOKS_MOST 256u

bool free_request_valid(const struct free_request *request)
{
    uint64_t align = request->alignment;
    return request->bytes != 0 && request->bytes % BASE_PAGE_SIZE == 0 && align >= BASE_PAGE_SIZE &&
           (align & (align - 1)) == 0;
}

bool free_ranges_insert(struct free_ranges *ranges, struct free_range *range)
{
    range->node.weight = range->node.bytes;
    if (!range_tree_insert(&ranges->tree, &range->node))
        return false;
    ranges->free_bytes += range->node.bytes;
    return true;
}

void free_ranges_remove(struct free_ranges *ranges, struct free_range *range)
{
    range_tree_remove(&ranges->tree, &range->node);
    ranges->free_bytes -= range->node.bytes;
}

/// The place in one range, all sums guarded against wrapping around.
static bool fits(const struct range_node *node, const struct free_request *request,
                 genpaddr_t *base)
{
    genpaddr_t start = node->base > request->minbase ? node->base : request->minbase;
    if (start > UINT64_MAX - (request->alignment - 1))
        return false;
    start = (start + request->alignment - 1) & ~(request->alignment - 1);
    genpaddr_t end = node->base + node->bytes;
    if (request->limit != 0 && request->limit < end)
        end = request->limit;
    if (start >= end || end - start < request->bytes)
        return false;
    *base = start;
    return true;
}

/// The first of the ranges of at least `bytes` that fits, among `looks` of them.
static struct range_node *look(const struct free_ranges *ranges, const struct free_request *request,
                               uint64_t bytes, unsigned looks, genpaddr_t *base)
{
    // Ranges wholly below minbase are skipped, but for the one that may reach across it.
    struct range_node *node = range_tree_below(&ranges->tree, request->minbase);
    uint64_t from = node != NULL ? node->base : 0;
    for (unsigned i = 0; i < looks; i++) {
        node = range_tree_first(&ranges->tree, bytes, from);
        if (node == NULL || (request->limit != 0 && node->base >= request->limit))
            return NULL;
        if (fits(node, request, base))
            return node;
        from = node->base + 1;
    }
    return NULL;
}

struct free_range *free_ranges_find(const struct free_ranges *ranges,
                                    const struct free_request *request, genpaddr_t *base)
{
    uint64_t bytes = request->bytes, slack = request->alignment - BASE_PAGE_SIZE;
    struct range_node *node = look(ranges, request, bytes, LOOKS, base);
    if (node == NULL && slack > 0 && bytes <= UINT64_MAX - slack) {
        // The second one lies wholly above minbase, and fits unless the limit cuts it.
        node = look(ranges, request, bytes + slack, 2, base);
    }
    if (node == NULL && (slack > 0 || request->limit != 0 || request->minbase != 0))
        node = look(ranges, request, bytes, LOOKS_MOST, base);
    return (struct free_range *)node;
}

struct free_range *free_ranges_before(const struct free_ranges *ranges, genpaddr_t base)
{
    return base == 0 ? NULL : (struct free_range *)range_tree_find(&ranges->tree, base - 1);
}

struct free_range *free_ranges_after(const struct free_ranges *ranges, genpaddr_t end)
{
    return (struct free_range *)range_tree_find(&ranges->tree, end);
}

static uint64_t sum(const struct range_node *node, bool *weights_ok)
{
    if (node == NULL)
        return 0;
    *weights_ok = *weights_ok && node->weight == node->bytes;
    return node->bytes + sum(node->left, weights_ok) + sum(node->right, weights_ok);
}

bool free_ranges_valid(const struct free_ranges *ranges)
{
    bool weights_ok = true;
    uint64_t bytes = sum(ranges->tree.root, &weights_ok);
    return range_tree_valid(&ranges->tree) && weights_ok && bytes == ranges->free_bytes;
}
