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

errval_t store_start(struct store *store, unsigned pages)
{
    size_t bytes = pages * BASE_PAGE_SIZE;
    void *window;
    errval_t err = frame_alloc(&store->frame, bytes, NULL);
    if (err_is_fail(err))
        return err;
    err = vspace_map_one_frame(&window, bytes, store->frame, NULL, NULL);
    if (err_is_fail(err)) {
        (void)cap_destroy(store->frame);
        return err;
    }
    store->window = window;
    store->pages = pages;
    for (size_t i = 0; i < bytes; i++)
        store->window[i] = store_first_content((unsigned)(i / BASE_PAGE_SIZE), i % BASE_PAGE_SIZE);
    return SYS_ERR_OK;
}

errval_t store_end(struct store *store)
{
    errval_t err = vspace_unmap(store->window);
    errval_t destroyed = cap_destroy(store->frame);
    return err_is_ok(err) ? destroyed : err;
}

void store_read(const struct store *store, unsigned page, void *memory)
{
    memcpy(memory, store->window + page * BASE_PAGE_SIZE, BASE_PAGE_SIZE);
}

void store_write(struct store *store, unsigned page, const void *memory)
{
    memcpy(store->window + page * BASE_PAGE_SIZE, memory, BASE_PAGE_SIZE);
}
