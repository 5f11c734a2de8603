// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Division of memory at boot, see protocol/boot_plan.h. For each node with RAM the *claims* of each
// heir are counted: one for each core of its subtree that shall get memory of that node. Each claim is
// served by one piece; the node's regions are cut in order of the heirs. Nothing is allocated here and
// no capability is touched.

#include "protocol/boot_plan.h"

#include "kpi/capabilities.h"

/// What is to be divided, and how.
struct division {
    struct boot_plan *plan;
    const struct boot_tree *tree;
    const struct bootinfo_region *regions;
    unsigned regions_count;
    const uint8_t (*distance)[BOOTINFO_NODES_MAX];
    gensize_t used;                    ///< of this core's share, before the division
    gensize_t ram[BOOTINFO_NODES_MAX]; ///< bytes in each node
    uint16_t claims[BOOTINFO_NODES_MAX][BOOT_HEIRS_MAX];
};

static bool heir_covers(const struct division *d, unsigned heir, coreid_t core)
{
    const struct boot_heir *h = &d->plan->heirs[heir];
    return heir == 0 ? core == h->core && core != 0 : boot_tree_below(d->tree, h->core, core);
}

/// The heir whose subtree `core` is in, or BOOT_HEIRS_MAX.
static unsigned heir_of(const struct division *d, coreid_t core)
{
    unsigned heir = 0;
    while (heir < d->plan->heirs_count && !heir_covers(d, heir, core))
        heir++;
    return heir < d->plan->heirs_count ? heir : BOOT_HEIRS_MAX;
}

/// The node nearest to `node` for which `has` is not 0, or BOOTINFO_NODES_MAX. A node is nearest to
/// itself whatever the table says.
static unsigned nearest(const struct division *d, unsigned node, const gensize_t *has)
{
    if (has[node] != 0)
        return node;
    unsigned best = BOOTINFO_NODES_MAX;
    for (unsigned n = 0; n < BOOTINFO_NODES_MAX; n++) {
        if (has[n] == 0)
            continue;
        if (best == BOOTINFO_NODES_MAX || d->distance[node][n] < d->distance[node][best])
            best = n;
    }
    return best;
}

static errval_t check_regions(struct division *d)
{
    for (unsigned i = 0; i < d->regions_count; i++) {
        const struct bootinfo_region *r = &d->regions[i];
        if (r->kind != REGION_RAM && r->kind != REGION_KCB)
            continue;
        if (r->node >= BOOTINFO_NODES_MAX || r->base + r->bytes <= r->base ||
            (r->base | r->bytes) % BASE_PAGE_SIZE != 0)
            return SYS_ERR_CORE_DATA;
        if (r->kind == REGION_RAM)
            d->ram[r->node] += r->bytes;
    }
    return SYS_ERR_OK;
}

/// Each core claims of its own node or the nearest with RAM; the RAM of nodes that nobody claims is
/// claimed by the cores of the nearest node with cores.
static void count_claims(struct division *d)
{
    gensize_t claimed[BOOTINFO_NODES_MAX] = {0};
    gensize_t cores[BOOTINFO_NODES_MAX] = {0};
    for (unsigned c = 0; c < d->tree->count; c++) {
        unsigned heir = heir_of(d, (coreid_t)c);
        unsigned node = nearest(d, d->tree->node[c], d->ram);
        if (heir == BOOT_HEIRS_MAX || node == BOOTINFO_NODES_MAX)
            continue;
        d->claims[node][heir]++;
        claimed[node]++;
        cores[d->tree->node[c]]++;
    }
    for (unsigned n = 0; n < BOOTINFO_NODES_MAX; n++) {
        unsigned near = nearest(d, n, cores);
        if (d->ram[n] == 0 || claimed[n] != 0 || near == BOOTINFO_NODES_MAX)
            continue;
        for (unsigned c = 0; c < d->tree->count; c++) {
            unsigned heir = heir_of(d, (coreid_t)c);
            if (heir != BOOT_HEIRS_MAX && d->tree->node[c] == near)
                d->claims[n][heir]++;
        }
    }
}

static errval_t add_piece(struct boot_plan *plan, unsigned region, unsigned heir, genpaddr_t base,
                          gensize_t bytes)
{
    if (plan->pieces_count == BOOT_PIECES_MAX)
        return MON_ERR_LIMIT;
    plan->pieces[plan->pieces_count++] =
        (struct boot_piece){base, bytes, (uint16_t)region, (uint16_t)heir};
    return SYS_ERR_OK;
}

/// Gives an heir a piece of RAM.
static errval_t give(struct division *d, unsigned region, unsigned heir, gensize_t *at,
                     gensize_t bytes)
{
    if (bytes == 0)
        return SYS_ERR_OK;
    errval_t err = add_piece(d->plan, region, heir, d->regions[region].base + *at, bytes);
    if (err_is_fail(err))
        return err;
    *at += bytes;
    d->plan->heirs[heir].ram_bytes += bytes;
    d->plan->heirs[heir].places += (uint32_t)(bytes / BOOTINFO_CORE_RAM_MIN);
    return SYS_ERR_OK;
}

static bool is_ram_of(const struct division *d, unsigned region, unsigned node)
{
    return d->regions[region].kind == REGION_RAM && d->regions[region].node == node;
}

/// What this core itself still gets where the others get `share` for each core.
static gensize_t own_part(const struct division *d, gensize_t share)
{
    return share > d->used + BOOT_RAM_GRANULE ? share - d->used : BOOT_RAM_GRANULE;
}

/// The region of a node that this core's own part comes from: one that then serves as many shares
/// as before, if there is any; BOOTINFO_REGIONS_MAX if none is large enough.
static unsigned own_region(const struct division *d, unsigned node, gensize_t share)
{
    unsigned best = BOOTINFO_REGIONS_MAX;
    gensize_t best_loss = 0;
    for (unsigned i = 0; i < d->regions_count; i++) {
        gensize_t bytes = d->regions[i].bytes, own = own_part(d, share);
        if (!is_ram_of(d, i, node) || bytes < own)
            continue;
        gensize_t loss = bytes / share - (bytes - own) / share;
        if (best == BOOTINFO_REGIONS_MAX || loss < best_loss) {
            best = i;
            best_loss = loss;
        }
    }
    return best;
}

/// How many claims of a node can have `share` bytes in one piece beside this core's own part.
static gensize_t count_served(const struct division *d, unsigned node, gensize_t share)
{
    unsigned own = d->claims[node][0] != 0 ? own_region(d, node, share) : BOOTINFO_REGIONS_MAX;
    gensize_t served = 0;
    for (unsigned i = 0; i < d->regions_count; i++)
        if (is_ram_of(d, i, node))
            served += (d->regions[i].bytes - (i == own ? own_part(d, share) : 0)) / share;
    return served;
}

static bool share_fits(const struct division *d, unsigned node, unsigned claims, gensize_t share)
{
    bool own_fits = d->claims[node][0] == 0 || own_region(d, node, share) != BOOTINFO_REGIONS_MAX;
    return own_fits && count_served(d, node, share) >= claims;
}

/// The largest share that fits, in whole granules; 0 if not even one granule does.
static gensize_t find_share(const struct division *d, unsigned node, unsigned claims)
{
    gensize_t low = 0, high = (d->ram[node] + d->used) / BOOT_RAM_GRANULE + 1;
    while (high - low > 1) {
        gensize_t middle = low + (high - low) / 2;
        if (share_fits(d, node, claims, middle * BOOT_RAM_GRANULE))
            low = middle;
        else
            high = middle;
    }
    return low * BOOT_RAM_GRANULE;
}

/// The claims that a node has still to serve, in order of the heirs.
struct queue {
    unsigned heir, last; ///< the next to be served; the last one that claims anything
    unsigned claims;     ///< those of all
    unsigned left[BOOT_HEIRS_MAX];
};

/// Cuts what is left of a region from *at on into as many shares as it holds and the queue wants,
/// all as large as possible. What serves nobody goes to the last heir.
static errval_t cut_shares(struct division *d, unsigned region, gensize_t *at, gensize_t share,
                           struct queue *queue)
{
    gensize_t bytes = d->regions[region].bytes - *at;
    gensize_t count = bytes / share;
    count = count < queue->claims ? count : queue->claims;
    gensize_t each = count == 0 ? 0 : bytes / count;
    each -= each % BOOT_RAM_GRANULE;
    errval_t err = SYS_ERR_OK;
    while (count > 0 && err_is_ok(err)) {
        while (queue->left[queue->heir] == 0)
            queue->heir++;
        unsigned served = queue->left[queue->heir];
        served = served < count ? served : (unsigned)count;
        queue->left[queue->heir] -= served;
        queue->claims -= served;
        count -= served;
        gensize_t rest = d->regions[region].bytes - *at;
        err = give(d, region, queue->heir, at, count == 0 ? rest : served * each);
    }
    return err_is_ok(err) ? give(d, region, queue->last, at, d->regions[region].bytes - *at) : err;
}

/// Divides the RAM of one node so that each claim is served by one piece, and the smallest of them
/// is as large as it can be: a core cannot start in pieces.
static errval_t divide_node(struct division *d, unsigned node)
{
    struct queue queue = {0};
    for (unsigned h = 0; h < d->plan->heirs_count; h++) {
        queue.left[h] = h == 0 ? 0 : d->claims[node][h];
        queue.claims += queue.left[h];
        queue.last = d->claims[node][h] != 0 ? h : queue.last;
    }
    gensize_t share = find_share(d, node, queue.claims);
    if (share < BOOTINFO_CORE_RAM_MIN) {
        // Not all can start: as many as possible, the first ones.
        gensize_t served = count_served(d, node, BOOTINFO_CORE_RAM_MIN);
        queue.claims = served < queue.claims ? (unsigned)served : queue.claims;
        share = BOOTINFO_CORE_RAM_MIN;
    }
    unsigned own = d->claims[node][0] != 0 ? own_region(d, node, share) : BOOTINFO_REGIONS_MAX;
    errval_t err = SYS_ERR_OK;
    for (unsigned i = 0; i < d->regions_count && err_is_ok(err); i++) {
        gensize_t at = 0;
        if (!is_ram_of(d, i, node))
            continue;
        if (i == own && queue.last != 0)
            err = give(d, i, 0, &at, own_part(d, share));
        if (err_is_ok(err))
            err = cut_shares(d, i, &at, share, &queue);
    }
    return err;
}

/// Tells whether heir `h`, which has no KCB piece yet, shall take one from region `r` with `left`
/// bytes: at first (pass 0) only if the region is in its node.
static bool kcb_fits(const struct division *d, unsigned h, const struct bootinfo_region *r,
                     gensize_t left, unsigned pass)
{
    const struct boot_heir *heir = &d->plan->heirs[h];
    return heir->kcb == BOOT_CORE_NONE && left >= (gensize_t)heir->cores * OBJSIZE_KCB &&
           (pass == 1 || d->tree->node[heir->core] == r->node);
}

/// Chooses each heir's KCB region: first those in the heirs' own nodes, then whatever has room.
static void choose_kcb(const struct division *d, unsigned chosen[BOOT_HEIRS_MAX])
{
    gensize_t left[BOOTINFO_REGIONS_MAX];
    for (unsigned i = 0; i < d->regions_count; i++)
        left[i] = d->regions[i].kind == REGION_KCB ? d->regions[i].bytes : 0;
    for (unsigned pass = 0; pass < 2; pass++) {
        for (unsigned h = 1; h < d->plan->heirs_count; h++) {
            for (unsigned i = 0; i < d->regions_count && chosen[h] == BOOT_CORE_NONE; i++) {
                if (!kcb_fits(d, h, &d->regions[i], left[i], pass))
                    continue;
                chosen[h] = i;
                left[i] -= (gensize_t)d->plan->heirs[h].cores * OBJSIZE_KCB;
            }
        }
    }
}

/// Cuts the KCB regions as chosen; the rest of each stays with heir 0.
static errval_t divide_kcb(struct division *d)
{
    unsigned chosen[BOOT_HEIRS_MAX];
    for (unsigned h = 0; h < BOOT_HEIRS_MAX; h++)
        chosen[h] = BOOT_CORE_NONE;
    choose_kcb(d, chosen);
    for (unsigned i = 0; i < d->regions_count; i++) {
        const struct bootinfo_region *r = &d->regions[i];
        if (r->kind != REGION_KCB)
            continue;
        gensize_t at = 0;
        for (unsigned h = 1; h < d->plan->heirs_count; h++) {
            if (chosen[h] != i)
                continue;
            gensize_t bytes = (gensize_t)d->plan->heirs[h].cores * OBJSIZE_KCB;
            d->plan->heirs[h].kcb = (uint16_t)d->plan->pieces_count;
            errval_t err = add_piece(d->plan, i, h, r->base + at, bytes);
            if (err_is_fail(err))
                return err;
            at += bytes;
        }
        if (at < r->bytes) {
            errval_t err = add_piece(d->plan, i, 0, r->base + at, r->bytes - at);
            if (err_is_fail(err))
                return err;
        }
    }
    return SYS_ERR_OK;
}

/// Lists the heirs: self, then the cores it starts.
static void list_heirs(struct boot_plan *plan, const struct boot_tree *tree, coreid_t self)
{
    coreid_t children[BOOT_CHILDREN_MAX];
    unsigned count = boot_tree_children(tree, self, children);
    plan->heirs[0] = (struct boot_heir){.core = self, .cores = 1, .kcb = BOOT_CORE_NONE};
    for (unsigned i = 0; i < count; i++)
        plan->heirs[1 + i] = (struct boot_heir){
            .core = children[i],
            .cores = (uint16_t)boot_tree_size(tree, children[i]),
            .kcb = BOOT_CORE_NONE,
        };
    plan->heirs_count = 1 + count;
    plan->pieces_count = 0;
}

errval_t boot_plan_make(struct boot_plan *plan, const struct boot_tree *tree, coreid_t self,
                        const struct bootinfo_region *regions, unsigned regions_count,
                        gensize_t used,
                        const uint8_t distance[BOOTINFO_NODES_MAX][BOOTINFO_NODES_MAX])
{
    if (regions_count > BOOTINFO_REGIONS_MAX || self >= tree->count)
        return SYS_ERR_CORE_DATA;
    struct division d = {.plan = plan,
                         .tree = tree,
                         .regions = regions,
                         .regions_count = regions_count,
                         .used = used,
                         .distance = distance};
    list_heirs(plan, tree, self);
    errval_t err = check_regions(&d);
    if (err_is_fail(err))
        return err;
    count_claims(&d);
    for (unsigned node = 0; node < BOOTINFO_NODES_MAX && err_is_ok(err); node++)
        err = divide_node(&d, node);
    return err_is_fail(err) ? err : divide_kcb(&d);
}
