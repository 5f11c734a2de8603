// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// See fake_vspace.h.
#include "fake_vspace.h"

#include <CUnit/CUnit.h>

#include <stdlib.h>
#include <string.h>

#include "barrelfish/capabilities.h"
#include "barrelfish/pmap.h"
#include "barrelfish/slot_alloc.h"
#include "barrelfish/vspace_common.h"
#include "cspace/mm.h"
#include "memory/vspace/vspace_reserve.h"

#define ENTRIES 1024u
#define FRAME_BYTES 65536u

struct fake fake;

static struct fake_entry entries[ENTRIES];
static cslot_t last_frame;

struct mm_source mm_source;

void fake_start(void)
{
    memset(&fake, 0, sizeof(fake));
    memset(entries, 0, sizeof(entries));
    mm_source.vspace_map_one_frame = vspace_map_one_frame;
    mm_source.vspace_unmap = vspace_unmap;
}

struct fake_entry *fake_entry(genvaddr_t vaddr)
{
    return &entries[vaddr / BASE_PAGE_SIZE % ENTRIES];
}

struct capref fake_frame(cslot_t number)
{
    return (struct capref){ROOTCN_CNODE(ROOTCN_SLOT_ALLOC0), number};
}

static bool fails(void)
{
    return fake.fail_in > 0 && --fake.fail_in == 0;
}

// ---- Locks and metadata.

void mm_enter(void)
{
    fake.locks++;
}

void mm_leave(void)
{
    fake.locks--;
}

errval_t vspace_reserve(size_t bytes, size_t chunks)
{
    if (fails())
        return LIB_ERR_SLOT_ALLOC_NO_SPACE;
    fake.reserved_bytes = bytes;
    fake.reserved_chunks = chunks;
    return SYS_ERR_OK;
}

void *vspace_block_alloc(enum vspace_slab slab)
{
    (void)slab;
    if (fails())
        return NULL;
    fake.blocks++;
    return calloc(1, 256);
}

void vspace_block_free(enum vspace_slab slab, void *block)
{
    (void)slab;
    fake.blocks--;
    free(block);
}

// ---- Frames.

errval_t frame_alloc(struct capref *dest, size_t bytes, size_t *retbytes)
{
    if (fails())
        return LIB_ERR_RAM_ALLOC;
    fake.frames++;
    *dest = fake_frame(1000 + last_frame++);
    if (retbytes != NULL)
        *retbytes = (bytes + BASE_PAGE_SIZE - 1) & ~(BASE_PAGE_SIZE - 1);
    return SYS_ERR_OK;
}

errval_t cap_destroy(struct capref cap)
{
    CU_ASSERT_TRUE(cap.slot >= 1000); // not one of the test's own
    if (fails())
        return SYS_ERR_CAP_BUSY;
    fake.frames--;
    return SYS_ERR_OK;
}

errval_t slot_free(struct capref cap)
{
    (void)cap;
    abort(); // nothing is revoked here
}

errval_t frame_identify(struct capref frame, struct frame_identity *ret)
{
    if (fails())
        return SYS_ERR_RIGHTS;
    *ret = (struct frame_identity){frame.slot * (genpaddr_t)FRAME_BYTES, FRAME_BYTES};
    return SYS_ERR_OK;
}

// ---- Page tables: a mapping keeps its first page in `table` and its pages in `count`.

struct pmap *vspace_get_pmap(struct vspace *vspace)
{
    (void)vspace;
    return NULL; // pmap_map() below does not look at it
}

errval_t pmap_map(struct pmap *pmap, genvaddr_t vaddr, const struct pmap_source *source,
                  size_t bytes, uint64_t flags, struct pmap_mapping **list)
{
    (void)pmap;
    if (fails())
        return LIB_ERR_PMAP;
    if ((flags & VREGION_FLAGS_LARGE) != 0)
        CU_ASSERT_EQUAL(source->base, source->frame.slot * (genpaddr_t)FRAME_BYTES);
    struct pmap_mapping *mapping = calloc(1, sizeof(*mapping));
    mapping->cap = (capaddr_t)(vaddr / BASE_PAGE_SIZE % ENTRIES);
    mapping->count = (uint16_t)(bytes / BASE_PAGE_SIZE);
    for (unsigned i = 0; i < mapping->count; i++) {
        struct fake_entry *entry = fake_entry(vaddr + i * BASE_PAGE_SIZE);
        CU_ASSERT_FALSE(entry->present);
        *entry = (struct fake_entry){.present = true,
                                     .writable = (flags & VREGION_FLAGS_WRITE) != 0,
                                     .frame = source->frame,
                                     .offset = source->offset + i * BASE_PAGE_SIZE};
    }
    mapping->next = *list;
    *list = mapping;
    fake.mappings++;
    return SYS_ERR_OK;
}

errval_t pmap_unmap(struct pmap_mapping **list)
{
    if (*list != NULL && fails())
        return LIB_ERR_PMAP;
    while (*list != NULL) {
        struct pmap_mapping *mapping = *list;
        memset(&entries[mapping->cap], 0, mapping->count * sizeof(entries[0]));
        *list = mapping->next;
        free(mapping);
        fake.mappings--;
    }
    return SYS_ERR_OK;
}

errval_t pmap_modify(struct pmap_mapping *list, genvaddr_t vaddr, size_t bytes, uint64_t flags)
{
    (void)list;
    for (size_t done = 0; done < bytes; done += BASE_PAGE_SIZE)
        fake_entry(vaddr + done)->writable = (flags & VREGION_FLAGS_WRITE) != 0;
    return SYS_ERR_OK;
}

void pmap_read(const struct pmap_mapping *list, struct pmap_bits *bits)
{
    *bits = (struct pmap_bits){.present = list != NULL, .writable = list != NULL};
    for (; list != NULL; list = list->next) {
        for (unsigned i = 0; i < list->count; i++) {
            const struct fake_entry *entry = &entries[list->cap + i];
            bits->present = bits->present && entry->present;
            bits->writable = bits->writable && entry->writable;
            bits->accessed = bits->accessed || entry->accessed;
            bits->dirty = bits->dirty || entry->dirty;
        }
    }
}

errval_t pmap_rewrite(struct pmap_mapping *list, uint64_t flags, struct pmap_bits *bits)
{
    if (list != NULL && fails())
        return LIB_ERR_PMAP;
    pmap_read(list, bits);
    for (; list != NULL; list = list->next) {
        for (unsigned i = 0; i < list->count; i++) {
            struct fake_entry *entry = &entries[list->cap + i];
            entry->writable = (flags & VREGION_FLAGS_WRITE) != 0;
            entry->accessed = entry->dirty = false;
        }
    }
    return SYS_ERR_OK;
}

// ---- Windows.

errval_t vspace_map_one_frame(void **retaddr, size_t size, struct capref frame,
                              struct memobj **retmemobj, struct vregion **retvregion)
{
    (void)frame;
    (void)retmemobj;
    (void)retvregion;
    if (fails())
        return LIB_ERR_VSPACE_FULL;
    static uint8_t window[BASE_PAGE_SIZE];
    CU_ASSERT_TRUE(size <= sizeof(window));
    memset(window, 0, sizeof(window));
    *retaddr = fake.window = window;
    return SYS_ERR_OK;
}

errval_t vspace_unmap(const void *buf)
{
    CU_ASSERT_PTR_EQUAL(buf, fake.window);
    return fails() ? LIB_ERR_PMAP : SYS_ERR_OK;
}
