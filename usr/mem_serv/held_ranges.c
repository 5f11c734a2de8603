// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Ranges handed out, in a tree by address and a list for each account. Stands on the range tree and
// the slab allocator only.
#include "held_ranges.h"

void held_ranges_init(struct held_ranges *held)
{
    *held = (struct held_ranges){0};
    slab_init(&held->blocks, sizeof(struct held_range), NULL);
}

void held_ranges_grow(struct held_ranges *held, void *buf, size_t bytes)
{
    slab_grow(&held->blocks, buf, bytes);
}

size_t held_ranges_blocks(const struct held_ranges *held)
{
    return slab_freecount(&held->blocks);
}

/// Puts a range into its account's list, behind `newer` (NULL: as the newest), and into its sums.
static void link_behind(struct held_range *range, struct held_range *newer)
{
    struct account *account = range->account;
    struct held_range **link = newer != NULL ? &newer->older : &account->newest;
    range->newer = newer;
    range->older = *link;
    *link = range;
    if (range->older != NULL)
        range->older->newer = range;
    account->pieces++;
    account->bytes += range->node.bytes;
    account_count(account, range->node.bytes + ACCOUNT_PIECE_BYTES);
}

static void unlink(struct held_range *range)
{
    struct account *account = range->account;
    if (range->newer != NULL)
        range->newer->older = range->older;
    else
        account->newest = range->older;
    if (range->older != NULL)
        range->older->newer = range->newer;
    account->pieces--;
    account->bytes -= range->node.bytes;
    account_uncount(account, range->node.bytes + ACCOUNT_PIECE_BYTES);
}

/// Free ranges that one can become: at most every other page of it is free by itself.
static uint64_t parts_of(const struct held_range *range)
{
    return (range->node.bytes / BASE_PAGE_SIZE + 1) / 2;
}

static void insert(struct held_ranges *held, struct held_range *range, struct held_range *newer)
{
    range->node.weight = range->node.bytes;
    (void)range_tree_insert(&held->tree, &range->node);
    held->bytes += range->node.bytes;
    held->parts += parts_of(range);
    link_behind(range, newer);
}

static void take_out(struct held_ranges *held, struct held_range *range)
{
    range_tree_remove(&held->tree, &range->node);
    held->bytes -= range->node.bytes;
    held->parts -= parts_of(range);
    unlink(range);
}

struct held_range *held_ranges_first(const struct held_ranges *held, genpaddr_t base,
                                     gensize_t bytes)
{
    struct range_node *node = range_tree_find(&held->tree, base);
    if (node == NULL)
        node = range_tree_above(&held->tree, base);
    return node != NULL && (node->base < base || node->base - base < bytes)
               ? (struct held_range *)node
               : NULL;
}

bool held_ranges_add(struct held_ranges *held, struct account *account, genpaddr_t base,
                     gensize_t bytes)
{
    if (held_ranges_first(held, base, bytes) != NULL)
        return false;
    struct held_range *range = slab_alloc(&held->blocks);
    if (range == NULL)
        return false;
    *range = (struct held_range){.node = {.base = base, .bytes = bytes}, .account = account};
    insert(held, range, NULL);
    account->given += bytes;
    return true;
}

/// Takes [base, end), which it overlaps, out of a range. `spare` is used if two rests remain.
static void cut(struct held_ranges *held, struct held_range *range, genpaddr_t base, genpaddr_t end,
                struct held_range *spare)
{
    struct held_range rest = *range;
    genpaddr_t rest_end = range->node.base + range->node.bytes;
    struct held_range *newer = range->newer;
    take_out(held, range);
    struct held_range *blocks[2] = {range, spare};
    unsigned used = 0;
    const genpaddr_t parts[2][2] = {{rest.node.base, base}, {end, rest_end}};
    for (unsigned i = 0; i < 2; i++) {
        if (parts[i][0] < parts[i][1]) {
            struct held_range *block = blocks[used++];
            *block = rest;
            block->node.base = parts[i][0];
            block->node.bytes = parts[i][1] - parts[i][0];
            insert(held, block, newer);
        }
    }
    while (used < 2)
        slab_free(&held->blocks, blocks[used++]);
}

bool held_ranges_release(struct held_ranges *held, genpaddr_t base, gensize_t bytes)
{
    struct held_range *range = held_ranges_first(held, base, bytes);
    genpaddr_t end = base + bytes;
    bool splits =
        range != NULL && range->node.base < base && range->node.base + range->node.bytes > end;
    struct held_range *spare = splits ? slab_alloc(&held->blocks) : NULL;
    if (splits && spare == NULL)
        return false;
    // Where one range is split no other is concerned: the spare block is used up then.
    for (; range != NULL; range = held_ranges_first(held, base, bytes)) {
        cut(held, range, base, end, spare);
        spare = NULL;
    }
    return true;
}

void held_ranges_move(struct held_range *range, struct account *to)
{
    unlink(range);
    range->account = to;
    link_behind(range, NULL);
}

static genpaddr_t end_of(const struct held_range *range)
{
    return range->node.base + range->node.bytes;
}

bool held_ranges_pass(struct held_ranges *held, const struct account *from, struct account *to,
                      genpaddr_t base, gensize_t bytes)
{
    genpaddr_t at = base, end = base + bytes;
    while (at < end) {
        struct held_range *range = held_ranges_first(held, at, end - at);
        if (range == NULL || range->node.base != at || end_of(range) > end ||
            range->account != from)
            return false;
        at = end_of(range);
    }
    for (at = base; at < end;) {
        struct held_range *range = held_ranges_first(held, at, end - at);
        at = end_of(range);
        held_ranges_move(range, to);
    }
    return at == end;
}

struct held_range *held_ranges_newest(const struct account *account)
{
    struct held_range *range = account->newest;
    while (range != NULL && range->stuck)
        range = range->older;
    return range;
}

/// Adds an account's sums to *bytes, *pieces and *parts.
static bool account_valid(const struct account *account, uint64_t *bytes, size_t *pieces,
                          uint64_t *parts)
{
    uint64_t sum = 0;
    uint32_t count = 0;
    const struct held_range *newer = NULL;
    for (const struct held_range *range = account->newest; range != NULL; range = range->older) {
        if (range->account != account || range->newer != newer)
            return false;
        sum += range->node.bytes;
        *parts += parts_of(range);
        count++;
        newer = range;
    }
    *bytes += sum;
    *pieces += count;
    return sum == account->bytes && count == account->pieces;
}

bool held_ranges_valid(const struct held_ranges *held, const struct accounts *accounts)
{
    uint64_t bytes = 0, parts = 0;
    size_t pieces = 0;
    bool valid = range_tree_valid(&held->tree) &&
                 account_valid(&accounts->ownerless, &bytes, &pieces, &parts);
    for (uint32_t i = 0; i < ACCOUNTS_MAX && valid; i++)
        valid = account_valid(&accounts->list[i], &bytes, &pieces, &parts);
    return valid && bytes == held->bytes && pieces == held->tree.count && parts == held->parts;
}
