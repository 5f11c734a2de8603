// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// See store.h.
#include "store.h"

#include <string.h>

/// Of the linker: the program's code.
extern const uint8_t __executable_start[], etext[];

uint8_t store_first_content(unsigned page, size_t offset)
{
    size_t bytes = (size_t)(etext - __executable_start);
    return __executable_start[(page * BASE_PAGE_SIZE + offset) % bytes];
}

errval_t window_open(struct capref *frame, uint8_t **window, size_t bytes)
{
    errval_t err = frame_alloc(frame, bytes, NULL);
    if (err_is_fail(err))
        return err;
    err = vspace_map_one_frame((void **)window, bytes, *frame, NULL, NULL);
    if (err_is_fail(err))
        (void)cap_destroy(*frame);
    return err;
}

errval_t window_close(struct capref frame, uint8_t *window)
{
    errval_t err = vspace_unmap(window);
    errval_t destroyed = cap_destroy(frame);
    return err_is_ok(err) ? destroyed : err;
}

errval_t store_start(struct store *store, unsigned pages)
{
    size_t bytes = pages * BASE_PAGE_SIZE;
    errval_t err = window_open(&store->frame, &store->window, bytes);
    if (err_is_fail(err))
        return err;
    store->pages = pages;
    for (size_t i = 0; i < bytes; i++)
        store->window[i] = store_first_content((unsigned)(i / BASE_PAGE_SIZE), i % BASE_PAGE_SIZE);
    return SYS_ERR_OK;
}

errval_t store_end(struct store *store)
{
    return window_close(store->frame, store->window);
}

void store_read(const struct store *store, unsigned page, void *memory)
{
    memcpy(memory, store->window + page * BASE_PAGE_SIZE, BASE_PAGE_SIZE);
}

void store_write(struct store *store, unsigned page, const void *memory)
{
    memcpy(store->window + page * BASE_PAGE_SIZE, memory, BASE_PAGE_SIZE);
}
