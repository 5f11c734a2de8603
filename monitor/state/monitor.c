// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The one instance of what all rooms know.

#include "state/monitor.h"

struct monitor monitor;

bool monitor_core_is_up(coreid_t core)
{
    return core < monitor.tree.count && (monitor.up_map[core / 64] >> core % 64 & 1) != 0;
}
