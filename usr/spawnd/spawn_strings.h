// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A new domain's arguments and environment on their way: put together out of pieces that a client
// sends, and checked. Pure and bounded; what a client sends is a claim.
#pragma once

#include "if/spawnd.h"
#include "kpi/errors.h"

/// Private to spawn_strings.c; visible for allocation. All zero: empty.
struct strings {
    size_t used;
    char bytes[SPAWND_STRINGS_MAX];
    const char *pointers[SPAWND_COUNT_MAX];
};

/// Take a piece of up to SPAWND_PIECE_BYTES. SPAWN_ERR_ARGS: it does not follow what there is (nor
/// begin anew at 0), is too long, or there is no more room.
errval_t strings_add(struct strings *strings, uint64_t offset, uint64_t bytes, const void *piece);

/// Find the argc + envc strings, of which there must be exactly as many, the last ended; argc is at
/// least 1. *argv and *envp are valid until the next piece. SPAWN_ERR_ARGS.
errval_t strings_split(struct strings *strings, uint64_t argc, uint64_t envc,
                       const char *const **argv, const char *const **envp);
