// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The disk of this example: a large frame, reached through a window elsewhere. It begins as copies
// of a read-only region, the program's own code.
#pragma once

#include "barrelfish/barrelfish.h"

/// Makes a frame and maps it, and ends that.
errval_t window_open(struct capref *frame, uint8_t **window, size_t bytes);
errval_t window_close(struct capref frame, uint8_t *window);

struct store {
    struct capref frame;
    uint8_t *window;
    unsigned pages;
};

errval_t store_start(struct store *store, unsigned pages);
errval_t store_end(struct store *store);

/// What a page of the store holds at first.
uint8_t store_first_content(unsigned page, size_t offset);

void store_read(const struct store *store, unsigned page, void *memory);
void store_write(struct store *store, unsigned page, const void *memory);
