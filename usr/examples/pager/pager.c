// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// See pager.h. The library calls page_fault() on the thread that faulted, on the library's fault
// stack, one thread at a time; so what is here needs no lock, and touches only what is mapped.
#include "pager.h"

#include <string.h>

static unsigned frame_of(const struct pager *pager, unsigned page)
{
    unsigned frame = 0;
    while (frame < pager->state.frames && pager->page[frame] != page)
        frame++;
    return frame;
}

static bool take_accessed(void *arg, unsigned frame)
{
    struct pager *pager = arg;
    struct memobj_page page;
    errval_t err =
        memobj_page_get(&pager->memobj, pager->page[frame] * BASE_PAGE_SIZE, true, &page);
    return err_is_ok(err) && page.accessed;
}

/// Takes a page away from the program. From then on a thread that uses it faults, and waits, so the
/// copy cannot become old while it is made.
static errval_t evict(struct pager *pager, unsigned frame)
{
    struct memobj_page page;
    unsigned number = pager->page[frame];
    errval_t err = memobj_unfill(&pager->memobj, number * BASE_PAGE_SIZE, &page);
    if (err_is_fail(err))
        return err;
    pager->page[frame] = PAGER_NO_PAGE;
    if (page.dirty) { // what was only read is in the store already
        store_write(pager->store, number, pager->window + frame * BASE_PAGE_SIZE);
        pager->write_backs++;
    }
    return SYS_ERR_OK;
}

static errval_t page_fault(void *arg, struct memobj *memobj, genvaddr_t offset,
                           enum pagefault_exception_type type)
{
    struct pager *pager = arg;
    unsigned page = (unsigned)(offset / BASE_PAGE_SIZE);
    unsigned frame = frame_of(pager, PAGER_NO_PAGE);
    (void)type;
    pager->faults++;
    if (frame == pager->state.frames) {
        frame = pager->policy->page_out(&pager->state);
        errval_t err = evict(pager, frame);
        if (err_is_fail(err))
            return err;
    }
    store_read(pager->store, page, pager->window + frame * BASE_PAGE_SIZE);
    errval_t err = memobj_fill_foff(memobj, page * BASE_PAGE_SIZE, pager->memory, BASE_PAGE_SIZE,
                                    frame * BASE_PAGE_SIZE);
    if (err_is_ok(err)) {
        pager->page[frame] = page;
        pager->policy->page_in(&pager->state, frame);
    }
    return err;
}

errval_t pager_start(struct pager *pager, struct store *store, unsigned frames,
                     const struct pager_policy *policy)
{
    void *region;
    if (frames == 0 || frames > PAGER_FRAMES_MAX)
        return LIB_ERR_INVALID_ARGS;
    *pager = (struct pager){.store = store, .policy = policy};
    pager->state =
        (struct pager_policy_state){.frames = frames, .take_accessed = take_accessed, .arg = pager};
    for (unsigned i = 0; i < frames; i++)
        pager->page[i] = PAGER_NO_PAGE;
    errval_t err = window_open(&pager->memory, &pager->window, frames * BASE_PAGE_SIZE);
    if (err_is_fail(err))
        return err;
    err = memobj_create_pager(&pager->memobj, store->pages * BASE_PAGE_SIZE, 0, BASE_PAGE_SIZE,
                              page_fault, pager);
    if (err_is_ok(err))
        err = vspace_map_memobj_attr(&region, &pager->memobj, VREGION_FLAGS_READ_WRITE, NULL);
    if (err_is_fail(err)) {
        (void)window_close(pager->memory, pager->window);
        return err;
    }
    pager->region = region;
    return SYS_ERR_OK;
}

errval_t pager_end(struct pager *pager)
{
    errval_t err = SYS_ERR_OK;
    for (unsigned i = 0; i < pager->state.frames && err_is_ok(err); i++)
        err = pager->page[i] == PAGER_NO_PAGE ? SYS_ERR_OK : evict(pager, i);
    if (err_is_ok(err))
        err = vspace_unmap(pager->region);
    if (err_is_ok(err))
        err = memobj_destroy(&pager->memobj);
    return err_is_ok(err) ? window_close(pager->memory, pager->window) : err;
}
