// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The monitor: one on each core, trusted, event-driven. Bring-up, then a loop over one waitset on
// which everything arrives: requests of this core's domains (operations.c), messages of other
// monitors (intermon/, messages.c), capabilities that the CPU driver returns (capops/), deadlines.
//
// On core 0 init starts it; elsewhere the CPU driver does, as the first domain. Then it takes its
// share of memory and starts the memory server (memory/), starts the cores below it (cores/), and
// answers its starter's first message with "up" when it gets to its loop.

#include "capops/cap_transfer.h"
#include "cores/cores.h"
#include "exec/channel_memory.h"
#include "exec/exec.h"
#include "local/local.h"
#include "operations.h"
#include "state/monitor.h"

#define FAN_OUT 3u

static void read_bootinfo(void)
{
    const struct bootinfo *info = (const struct bootinfo *)BOOTINFO_VADDR;
    uint16_t node[BOOTINFO_CORES_MAX];
    if ((domain_spawn_args()->flags & SPAWN_FLAG_BOOTINFO) == 0 || info->magic != BOOTINFO_MAGIC ||
        info->cores_count > BOOTINFO_CORES_MAX)
        USER_PANIC("the monitor got no boot information");
    for (unsigned i = 0; i < info->cores_count; i++)
        node[i] = info->cores[i].node;
    monitor.bootinfo = info;
    monitor.core = info->core_id;
    errval_t err = boot_tree_make(&monitor.tree, node, info->cores_count, FAN_OUT);
    if (err_is_fail(err) || monitor.core != disp_get_core_id())
        USER_PANIC_ERR(err, "the monitor's boot information is wrong");
    cores_init(&monitor.cores, monitor.core, &monitor.tree);
}

/// Opens the channel to the monitor that started this core.
static void attach_parent(void)
{
    for (unsigned i = 0; i < monitor.bootinfo->regions_count; i++) {
        const struct bootinfo_region *region = &monitor.bootinfo->regions[i];
        if (region->kind != REGION_SHARED)
            continue;
        coreid_t parent = monitor.tree.parent[monitor.core];
        errval_t err =
            intermon_add(parent, (struct capref){cnode_super, (cslot_t)region->slot}, false);
        if (err_is_fail(err))
            USER_PANIC_ERR(err, "core %u cannot reach core %u", monitor.core, parent);
        intermon_open_rx(parent);
        intermon_open_tx(parent);
        return;
    }
    USER_PANIC("core %u got no channel to its starter", monitor.core);
}

static const struct intermon_hooks intermon_above = {messages_handle, connect_ask};
static const struct cap_transfer_hooks cap_transfer_above = {
    channel_memory_is, channel_memory_freed, channel_memory_left, bind_refuse};

int main(void)
{
    read_bootinfo();
    waitset_init(&monitor.ws);
    intermon_init(&intermon_above);
    cap_transfer_init(&cap_transfer_above);
    bind_init();
    tokens_begin();
    connect_begin();
    names_init();
    operations_init();
    if (monitor.core != 0)
        attach_parent();
    cores_begin();
    start_children();
    for (;;) {
        // An event may have made room.
        bind_retry();
        cap_transfer_retry();
        intermon_flush();
        errval_t err = event_dispatch(&monitor.ws);
        if (err_is_fail(err))
            USER_PANIC_ERR(err, "the monitor cannot wait");
    }
}
