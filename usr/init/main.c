// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// init: the first domain of the boot core, and the machine's policy at boot. It divides memory,
// starts the memory server, the monitor and spawnd, has spawnd start what the platform asks for,
// and then only watches over the three: without one of them the machine stops.
#include "init.h"

static struct lmp_server server;

/// Nobody has an endpoint of init but the CPU driver, which tells of deaths.
static void handle(void *st, uint32_t badge, const uint64_t words[LMP_MSG_LENGTH], size_t length,
                   struct capref cap)
{
    (void)st;
    (void)cap;
    if (badge != 0 || length < 2)
        return;
    static const char *const names[] = {[DOMAIN_MEM_SERV] = "memory server",
                                        [DOMAIN_MONITOR] = "monitor",
                                        [DOMAIN_SPAWND] = "spawnd"};
    uint16_t number = (uint16_t)words[1];
    bool known = number >= DOMAIN_MEM_SERV && number <= DOMAIN_SPAWND;
    init_die(SYS_ERR_OK, "the %s died (cause %llu, rip %#llx, address %#llx)",
             known ? names[number] : "domain", (unsigned long long)words[0],
             (unsigned long long)words[2], (unsigned long long)words[3]);
}

int main(void)
{
    static struct init_remainder remainder;
    const struct bootinfo *info = init_bootinfo();
    if ((domain_spawn_args()->flags & SPAWN_FLAG_BOOTINFO) == 0 || info->magic != BOOTINFO_MAGIC ||
        info->cores_count == 0 || info->cores_count > BOOTINFO_CORES_MAX ||
        info->regions_count > BOOTINFO_REGIONS_MAX || info->modules_count > BOOTINFO_MODULES_MAX)
        init_die(SYS_ERR_CORE_DATA, "the boot information is wrong");
    errval_t err = lmp_server_init(&server, get_default_waitset(), handle, NULL);
    if (err_is_fail(err))
        init_die(err, "cannot listen");
    struct capref mem_serv_ep = init_start_mem_serv(&remainder);
    struct capref monitor_ep = init_start_monitor(&remainder, mem_serv_ep);
    init_start_spawnd(monitor_ep, mem_serv_ep);
    init_start_marked(monitor_ep);
    while (true) {
        err = event_dispatch(get_default_waitset());
        if (err_is_fail(err))
            init_die(err, "cannot wait for events");
    }
}
