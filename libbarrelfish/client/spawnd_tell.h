// SPDX-License-Identifier: MIT
// Copyright The Stave authors
#pragma once

#include "barrelfish/types.h"
#include "if/spawnd.h"
#include "kpi/errors.h"

/// Send the own core's spawnd a request that has no reply, past the connection of spawn_client.c, in
/// which another thread may be waiting for a reply of its own. Blocks while there is no room.
errval_t spawnd_tell(enum spawnd_op op, uint64_t word1, uint64_t word2);

/// Asks a core's spawnd, unless another thread does: LIB_ERR_NO_EVENT. Words are replaced by those of
/// the reply.
errval_t spawnd_ask_at_once(coreid_t core, uint64_t words[SPAWND_WORDS]);
