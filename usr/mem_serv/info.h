// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The memory server's part of each domain's exposed information (kpi/info.h): the pages that
// spawners have given it, mapped here to be written. Private to the memory server. One thread only.
#pragma once

#include "accounts.h"

#define INFO_PAGES_MAX 512u

/// Takes over the frame of a domain's page and maps it; this allocates (P3). On an error the
/// capability is deleted. SPAWN_ERR_NO_DOMAIN: account is NULL; LIB_ERR_INVALID_ARGS: no frame of a
/// page, or the domain has one; LIB_ERR_MALLOC_FAIL: too many; those of mapping.
LIB_MUST_CHECK errval_t info_add(struct account *account, struct capref frame);

/// Unmaps a domain's page and deletes its frame, if there is one.
void info_remove(struct account *account);

/// Does so for the pages that lie in this range, which is about to be taken back by force: what is
/// written there afterwards would be a fault.
void info_remove_range(genpaddr_t base, gensize_t bytes);

/// What a domain holds, or the core's memory, has changed: tells the domain (`account` may be NULL:
/// none in particular), and a few others, in turn, of the core's. Does not allocate.
void info_publish(const struct account *account, gensize_t free_bytes, gensize_t total_bytes);
