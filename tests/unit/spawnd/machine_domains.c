// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The spawn library and the domains that it has made. A dispatcher's slot is its domain's number.
#include "machine_internal.h"

#include "barrelfish/invocations.h"
#include "barrelfish/vspace_common.h"

#include <string.h>

#define DISPATCHERS ((struct cnoderef){7, 0, CNODE_LEVEL_OTHER})

static bool loaded[UINT16_MAX + 1], stopped[UINT16_MAX + 1];
static unsigned destroy_count[UINT16_MAX + 1];

void domains_start(void)
{
    memset(loaded, 0, sizeof(loaded));
    memset(destroy_count, 0, sizeof(destroy_count));
}

static bool is_loaded(struct capref dispatcher)
{
    return cnodecmp(dispatcher.cnode, DISPATCHERS) && loaded[dispatcher.slot];
}

static void keep_words(const struct spawn_params *params)
{
    machine.words_of_params[0] = '\0';
    for (size_t i = 0; i < params->argc + params->envc; i++) {
        const char *word = i < params->argc ? params->argv[i] : params->envp[i - params->argc];
        strcat(machine.words_of_params, word);
        strcat(machine.words_of_params, i + 1 == params->argc ? "|" : ",");
    }
}

errval_t spawn_load(struct spawn_info *si, const struct spawn_params *params)
{
    errval_t err = machine_fails(CALL_LOAD);
    if (err_is_fail(err))
        return err_push(err, SPAWN_ERR_LOAD);
    machine.params = *params;
    keep_words(params);
    machine.loaded++;
    cslot_t number = params->domain_id & UINT16_MAX;
    loaded[number] = true;
    stopped[number] = false;
    *si = (struct spawn_info){
        .ram = machine_cap(),
        .rootcn = {DISPATCHERS, 0},
        .dispatcher = {DISPATCHERS, number},
        .info = {DISPATCHERS, number},
        .domain_id = params->domain_id,
        .base = 0x1000000 + number * UINT64_C(0x100000),
        .bytes = 0x5000,
    };
    machine_note("load %x; ", params->domain_id);
    return SYS_ERR_OK;
}

errval_t spawn_give_cap(const struct spawn_info *si, cslot_t root_slot, cslot_t slot,
                        struct capref cap)
{
    CU_ASSERT(is_loaded(si->dispatcher) && root_slot == ROOTCN_SLOT_ARGCN);
    errval_t err = machine_fails(CALL_GIVE_CAP);
    if (err_is_ok(err)) {
        cap_end(cap);
        machine_note("give %u; ", (unsigned)slot);
    }
    return err;
}

errval_t spawn_run(const struct spawn_info *si)
{
    errval_t err = machine_fails(CALL_RUN);
    CU_ASSERT(is_loaded(si->dispatcher) && machine_is_introduced(si->domain_id));
    if (err_is_ok(err))
        machine_note("run %x; ", si->domain_id);
    return err;
}

errval_t invoke_dispatcher_stop(struct capref dispatcher)
{
    if (!is_loaded(dispatcher))
        return SYS_ERR_CAP_NOT_FOUND;
    stopped[dispatcher.slot] = true;
    machine_note("stop %x; ", machine_core << 16 | (unsigned)dispatcher.slot);
    return SYS_ERR_OK;
}

errval_t spawn_destroy_step(struct spawn_info *si)
{
    errval_t err = machine_fails(CALL_DESTROY);
    machine.destroy_calls++;
    if (++destroy_count[si->dispatcher.slot] < machine.destroy_steps && err_is_ok(err))
        return SYS_ERR_AGAIN;
    destroy_count[si->dispatcher.slot] = 0;
    if (is_loaded(si->dispatcher)) {
        CU_ASSERT_TRUE(stopped[si->dispatcher.slot]);
        loaded[si->dispatcher.slot] = false;
        machine.loaded--;
        machine_note("destroy %x; ", si->domain_id);
    }
    *si = (struct spawn_info){.ram = si->ram};
    return err;
}

errval_t invoke_dispatcher_status(struct capref dispatcher, struct dispatcher_status *status)
{
    errval_t err = is_loaded(dispatcher) ? machine_fails(CALL_STATUS) : SYS_ERR_CAP_NOT_FOUND;
    if (err_is_ok(err))
        *status = machine.status;
    return err;
}

errval_t invoke_dispatcher_wait(struct capref dispatcher, enum dispatcher_wait *wait,
                                domainid_t *domain)
{
    errval_t err = is_loaded(dispatcher) ? machine_fails(CALL_WAIT) : SYS_ERR_CAP_NOT_FOUND;
    if (err_is_fail(err))
        return err;
    *wait = (enum dispatcher_wait)(machine.wait & UINT32_MAX);
    *domain = (domainid_t)(machine.wait >> 32);
    return SYS_ERR_OK;
}

// Modules.

errval_t vspace_map_one_frame_attr(void **retaddr, size_t size, struct capref frame,
                                   vregion_flags_t flags, struct memobj **retmemobj,
                                   struct vregion **retvregion)
{
    CU_ASSERT(size > 0 && cnodecmp(frame.cnode, cnode_module) && flags == VREGION_FLAGS_READ);
    CU_ASSERT(retmemobj == NULL && retvregion == NULL);
    errval_t err = machine_fails(CALL_MAP);
    if (err_is_ok(err)) {
        machine.mapped++;
        *retaddr = &machine;
    }
    return err;
}

errval_t vspace_unmap(const void *buf)
{
    CU_ASSERT(machine.mapped == 1 && buf != NULL);
    machine.mapped--;
    return SYS_ERR_OK;
}
