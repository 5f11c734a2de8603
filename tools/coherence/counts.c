// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Adding up. Nothing is divided here, so that a count is the same to the digit everywhere.
#include "counts.h"

#include "bench/mark.h"
#include <stdlib.h>
#include <string.h>

static void begin(struct region *region, unsigned what)
{
    region->active = true;
    region->what = what;
    region->items = 0;
    memset(region->core, 0, sizeof(region->core));
    region->code = map_allocate(region->images->symbols + 1, sizeof(*region->code));
}

bool region_mark(struct region *region, unsigned op, unsigned what)
{
    bool ours = region->active && region->what == what;
    if (op == BENCH_MARK_OP_BEGIN && !region->active && what < BENCH_MARK_WHAT_COUNT) {
        begin(region, what);
    } else if (op == BENCH_MARK_OP_ITEM) { // also executed while warming up
        region->items += ours;
    } else if (op == BENCH_MARK_OP_END && ours) {
        region->ended++;
        return true;
    } else {
        region->misplaced++;
    }
    return false;
}

void region_instruction(struct region *region, unsigned core, uint32_t code, bool driver)
{
    region->core[core].instructions++;
    region->core[core].driver_instructions += driver;
    region->code[code]++;
}

static void add_effect(struct counts *counts, const struct line_effect *effect)
{
    counts->transfers += effect->transferred;
    counts->cold += effect->from_memory;
    counts->invalidations += effect->invalidated;
}

void region_effect(struct region *region, unsigned core, uint32_t code, uint32_t data,
                   const struct line_effect *effect)
{
    uint64_t key = (uint64_t)code << 32 | data;
    struct pair *pair = map_make(&region->pairs, key, sizeof(*pair));
    pair->code = code;
    pair->data = data;
    add_effect(&pair->counts, effect);
    add_effect(&region->core[core], effect);
}

void region_close(struct region *region)
{
    region->active = false;
    free(region->code);
    region->code = NULL;
    map_free(&region->pairs);
}

struct counts region_total(const struct region *region)
{
    struct counts total = {.time = region->time};
    for (unsigned i = 0; i < region->cores; i++) {
        const struct counts *core = &region->core[i];
        total.instructions += core->instructions;
        total.driver_instructions += core->driver_instructions;
        total.transfers += core->transfers;
        total.cold += core->cold;
        total.invalidations += core->invalidations;
    }
    return total;
}
