// SPDX-License-Identifier: MIT
// Copyright The Stave authors
#pragma once

#include "if/spawnd.h"
#include "kpi/errors.h"

/// Send the own core's spawnd a request that has no reply, past the connection of spawn_client.c, in
/// which another thread may be waiting for a reply of its own. Blocks while there is no room.
errval_t spawnd_tell(enum spawnd_op op, uint64_t word1, uint64_t word2);
