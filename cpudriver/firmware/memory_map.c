// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The list of physical memory regions; see memory_map.h for what holds of it. Everything is
// O(entries^2) at worst over at most a few hundred entries, runs once at boot, and needs no
// scratch memory: the build sweeps upwards from boundary to boundary and asks of each interval
// which entry has the strongest claim to it.
#include "firmware/memory_map.h"

#include "lib/string.h"

struct span {
    uint64_t start;
    uint64_t end;
};

static uint64_t page_down(uint64_t address)
{
    return address & ~(MEMORY_PAGE_BYTES - 1);
}

static uint64_t page_up(uint64_t address)
{
    return page_down(address + MEMORY_PAGE_BYTES - 1);
}

static uint64_t region_end(const struct region *region)
{
    return region->base + region->bytes;
}

/// The range cut off at the end of physical memory, so that no later sum can overflow.
static struct span clip(uint64_t base, uint64_t bytes)
{
    if (base >= MEMORY_PHYS_LIMIT)
        return (struct span){MEMORY_PHYS_LIMIT, MEMORY_PHYS_LIMIT};
    uint64_t room = MEMORY_PHYS_LIMIT - base;
    return (struct span){base, base + (bytes < room ? bytes : room)};
}

static struct span clip_to_pages_outward(uint64_t base, uint64_t bytes)
{
    struct span span = clip(base, bytes);
    if (span.start < span.end) {
        span.start = page_down(span.start);
        span.end = page_up(span.end);
    }
    return span;
}

static enum memory_kind entry_kind(const struct memory_entry *entry)
{
    switch (entry->type) {
    case MEMORY_TYPE_RAM:
        return MEMORY_RAM;
    case MEMORY_TYPE_ACPI_RECLAIM:
        return MEMORY_ACPI_RECLAIM;
    case MEMORY_TYPE_ACPI_NVS:
        return MEMORY_ACPI_NVS;
    default:
        return MEMORY_RESERVED;
    }
}

static struct span entry_span(const struct memory_entry *entry)
{
    if (entry_kind(entry) != MEMORY_RAM)
        return clip_to_pages_outward(entry->base, entry->bytes);
    struct span span = clip(entry->base, entry->bytes);
    span = (struct span){page_up(span.start), page_down(span.end)};
    if (span.end < span.start)
        span.end = span.start;
    return span;
}

static void insert_at(struct region_list *list, size_t index, struct region region)
{
    if (region.bytes == 0)
        return;
    if (list->count == REGION_LIST_MAX) {
        list->lost_bytes += region.bytes;
        return;
    }
    memmove(&list->regions[index + 1], &list->regions[index],
            (list->count - index) * sizeof(list->regions[0]));
    list->regions[index] = region;
    list->count++;
}

static void remove_at(struct region_list *list, size_t index)
{
    list->count--;
    memmove(&list->regions[index], &list->regions[index + 1],
            (list->count - index) * sizeof(list->regions[0]));
}

static void append_merging(struct region_list *list, struct region region)
{
    struct region *last = list->count > 0 ? &list->regions[list->count - 1] : NULL;
    if (last != NULL && last->kind == region.kind && region_end(last) == region.base)
        last->bytes += region.bytes;
    else
        insert_at(list, list->count, region);
}

bool memory_map_valid(const struct region_list *list)
{
    if (list->count > REGION_LIST_MAX)
        return false;
    uint64_t free_from = 0;
    for (size_t i = 0; i < list->count; i++) {
        const struct region *region = &list->regions[i];
        if (region->bytes == 0 || (region->base | region->bytes) % MEMORY_PAGE_BYTES != 0)
            return false;
        if (region->base < free_from || region->base >= MEMORY_PHYS_LIMIT ||
            region->bytes > MEMORY_PHYS_LIMIT - region->base)
            return false;
        free_from = region_end(region);
    }
    return true;
}

/// The lowest start or end of an entry at or above `from`; MEMORY_PHYS_LIMIT if there is none.
static uint64_t next_boundary(const struct memory_entry *entries, size_t count, uint64_t from)
{
    uint64_t next = MEMORY_PHYS_LIMIT;
    for (size_t i = 0; i < count; i++) {
        struct span span = entry_span(&entries[i]);
        if (span.start >= from && span.start < next)
            next = span.start;
        if (span.end >= from && span.end < next)
            next = span.end;
    }
    return next;
}

void memory_map_build(struct region_list *list, const struct memory_entry *entries, size_t count)
{
    list->count = 0;
    list->lost_bytes = 0;
    uint64_t start = next_boundary(entries, count, 0);
    while (start < MEMORY_PHYS_LIMIT) {
        uint64_t end = next_boundary(entries, count, start + 1);
        struct region region = {.base = start, .bytes = end - start, .kind = MEMORY_RAM};
        bool covered = false;
        for (size_t i = 0; i < count; i++) {
            struct span span = entry_span(&entries[i]);
            enum memory_kind kind = entry_kind(&entries[i]);
            if (span.start <= start && end <= span.end) {
                covered = true;
                region.kind = kind > region.kind ? kind : region.kind;
            }
        }
        if (covered)
            append_merging(list, region);
        start = end;
    }
}

/// Cut [start, end) out of one RAM region that it meets. Of two pieces that are left, the larger
/// stays in the list if there is room for only one.
static void cut_out(struct region_list *list, size_t index, uint64_t start, uint64_t end)
{
    struct region *region = &list->regions[index];
    struct region low = *region;
    struct region high = *region;
    low.bytes = start > region->base ? start - region->base : 0;
    high.base = end;
    high.bytes = region_end(region) > end ? region_end(region) - end : 0;
    if (low.bytes == 0 && high.bytes == 0) {
        remove_at(list, index);
    } else if (low.bytes > high.bytes) {
        *region = low;
        insert_at(list, index + 1, high);
    } else {
        *region = high;
        insert_at(list, index, low);
    }
}

void memory_map_subtract(struct region_list *list, uint64_t base, uint64_t bytes)
{
    struct span span = clip_to_pages_outward(base, bytes);
    if (span.start == span.end)
        return;
    // Downwards, so that what a cut inserts or removes is behind us.
    for (size_t i = list->count; i > 0; i--) {
        const struct region *region = &list->regions[i - 1];
        if (region->kind == MEMORY_RAM && region->base < span.end &&
            span.start < region_end(region))
            cut_out(list, i - 1, span.start, span.end);
    }
}

/// The first range that holds `address`, or NULL; *until is the next address where the answer may
/// change.
static const struct memory_affinity *affinity_at(const struct memory_affinity *ranges, size_t count,
                                                 uint64_t address, uint64_t *until)
{
    const struct memory_affinity *found = NULL;
    *until = MEMORY_PHYS_LIMIT;
    for (size_t i = 0; i < count; i++) {
        struct span span = clip(ranges[i].base, ranges[i].bytes);
        span = (struct span){page_down(span.start), page_down(span.end)};
        if (found == NULL && span.start <= address && address < span.end)
            found = &ranges[i];
        if (span.start > address && span.start < *until)
            *until = span.start;
        if (span.end > address && span.end < *until)
            *until = span.end;
    }
    return found;
}

void memory_map_split_nodes(struct region_list *list, const struct memory_affinity *ranges,
                            size_t count)
{
    for (size_t i = 0; i < list->count; i++) {
        struct region *region = &list->regions[i];
        if (region->kind != MEMORY_RAM)
            continue;
        uint64_t until;
        const struct memory_affinity *range = affinity_at(ranges, count, region->base, &until);
        if (until < region_end(region)) {
            struct region rest = *region;
            rest.base = until;
            rest.bytes = region_end(region) - until;
            region->bytes = until - region->base;
            insert_at(list, i + 1, rest);
        }
        if (range != NULL)
            region->node = range->node;
    }
}

uint64_t memory_map_keep_largest(struct region_list *list, size_t max)
{
    uint64_t dropped = 0;
    for (;;) {
        size_t count = 0, smallest = 0;
        for (size_t i = 0; i < list->count; i++) {
            if (list->regions[i].kind != MEMORY_RAM)
                continue;
            if (count == 0 || list->regions[i].bytes < list->regions[smallest].bytes)
                smallest = i;
            count++;
        }
        if (count <= max)
            return dropped;
        dropped += list->regions[smallest].bytes;
        remove_at(list, smallest);
    }
}

bool memory_map_carve(struct region_list *list, const struct carve_request *request, uint64_t *base)
{
    uint64_t align = request->align > MEMORY_PAGE_BYTES ? request->align : MEMORY_PAGE_BYTES;
    if (request->bytes == 0 || request->bytes > MEMORY_PHYS_LIMIT || align > MEMORY_PHYS_LIMIT ||
        (align & (align - 1)) != 0)
        return false;
    uint64_t bytes = page_up(request->bytes);
    for (size_t n = 0; n < list->count; n++) {
        size_t index = request->from_top ? list->count - 1 - n : n;
        const struct region *region = &list->regions[index];
        bool node_fits = request->node == MEMORY_ANY_NODE || request->node == region->node;
        if (region->kind != MEMORY_RAM || !node_fits)
            continue;
        uint64_t end = region_end(region) < request->limit ? region_end(region) : request->limit;
        if (end < bytes)
            continue;
        uint64_t at = request->from_top ? end - bytes : region->base + align - 1;
        at &= ~(align - 1);
        if (at >= region->base && at <= end - bytes) {
            cut_out(list, index, at, at + bytes);
            *base = at;
            return true;
        }
    }
    return false;
}

uint64_t memory_map_total(const struct region_list *list, enum memory_kind kind, uint8_t node)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < list->count; i++) {
        const struct region *region = &list->regions[i];
        if (region->kind == kind && (node == MEMORY_ANY_NODE || node == region->node))
            bytes += region->bytes;
    }
    return bytes;
}
