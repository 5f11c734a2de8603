// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What the page that a dispatcher shares with the CPU driver says: who and where it is, whether it is
// disabled, and how fast the time-stamp counter runs. And where the spawner's arguments are.
#include "shared.h"

#include "barrelfish/domain.h"
#include "barrelfish/systime.h"

const struct spawn_args *domain_spawn_args(void)
{
    return (const struct spawn_args *)SPAWN_ARGS_VADDR;
}

struct dispatcher_shared *disp_shared(void)
{
    return shared_self();
}

dispatcher_handle_t disp_disable(void)
{
    struct dispatcher_shared *shared = shared_self();
    shared->disabled = 1;
    __asm__ volatile("" ::: "memory");
    return (dispatcher_handle_t)shared;
}

void disp_enable(dispatcher_handle_t handle)
{
    __asm__ volatile("" ::: "memory");
    ((struct dispatcher_shared *)handle)->disabled = 0;
}

dispatcher_handle_t disp_try_disable(bool *was_enabled)
{
    *was_enabled = !disp_is_disabled();
    return disp_disable();
}

bool disp_is_disabled(void)
{
    return shared_self()->disabled != 0;
}

coreid_t disp_get_core_id(void)
{
    return shared_self()->core_id;
}

coreid_t disp_get_current_core_id(void)
{
    return disp_get_core_id();
}

domainid_t disp_get_domain_id(void)
{
    return shared_self()->domain_id;
}

static uint64_t scale(uint64_t value, uint64_t times, uint64_t by)
{
    unsigned __int128 result = (unsigned __int128)value * times / by;
    return result > UINT64_MAX ? UINT64_MAX : (uint64_t)result;
}

systime_t us_to_systime(delayus_t us)
{
    return scale(us, shared_self()->tsc_per_ms, 1000);
}

delayus_t systime_to_us(systime_t time)
{
    return scale(time, 1000, shared_self()->tsc_per_ms);
}

uint64_t systime_to_ns(systime_t time)
{
    return scale(time, 1000000, shared_self()->tsc_per_ms);
}
