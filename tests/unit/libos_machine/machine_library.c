// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What the library's memory management finds around itself in the library: threads, of which one
// runs, the dispatcher, and the memory server behind a connection. And how a test begins.
#include "machine_state.h"

#include "barrelfish/capabilities.h"
#include "barrelfish/debug.h"
#include "barrelfish/dispatch.h"
#include "barrelfish/domain.h"
#include "barrelfish/lmp_rpc.h"
#include "barrelfish/ram_alloc.h"
#include "barrelfish/slot_alloc.h"
#include "barrelfish/threads.h"
#include "cspace/mm.h"
#include "if/mem_serv.h"

#include <stdio.h>
#include <string.h>

static struct capref spare; ///< slot in which the next capability comes

struct thread *thread_self(void)
{
    return machine.self;
}

void thread_mutex_lock(struct thread_mutex *mutex)
{
    if (mutex->owner != NULL) {
        CU_ASSERT_FATAL(machine.on_block != NULL);
        struct thread *self = machine.self;
        machine.self = mutex->owner;
        machine.on_block();
        machine.self = self;
    }
    CU_ASSERT_PTR_NULL_FATAL(mutex->owner);
    mutex->owner = machine.self;
}

void thread_mutex_unlock(struct thread_mutex *mutex)
{
    CU_ASSERT_PTR_EQUAL(mutex->owner, machine.self);
    mutex->owner = NULL;
}

dispatcher_handle_t disp_disable(void)
{
    CU_ASSERT_FALSE(machine.disabled);
    machine.disabled = true;
    machine.disables++;
    return 1;
}

dispatcher_handle_t disp_try_disable(bool *was_enabled)
{
    *was_enabled = !machine.disabled;
    machine.disables += !machine.disabled;
    machine.disabled = true;
    return 1;
}

void disp_enable(dispatcher_handle_t handle)
{
    CU_ASSERT_TRUE(machine.disabled && handle == 1);
    machine.disabled = false;
}

void debug_err(const char *file, const char *func, int line, errval_t err, const char *msg, ...)
{
    fprintf(stderr, "%s:%d %s: %s (%lx)\n", file, line, func, msg, (unsigned long)err);
}

errval_t lmp_rpc_init(struct lmp_rpc *rpc, struct capref server)
{
    struct capability identity;
    CU_ASSERT_TRUE(machine_cap(server, &identity) && identity.type == ObjType_EndPointLMP);
    rpc->server = server;
    machine.connections++;
    return machine.connect_error;
}

/// The slot of a capability that comes is taken before the request and kept if none comes.
static errval_t give_ram(const uint64_t words[LMP_MSG_LENGTH], struct capref *cap)
{
    errval_t err;
    if (machine_refuses(MACHINE_RAM, &err))
        return err;
    machine.alignment = words[2];
    machine.minbase = words[3];
    machine.maxlimit = words[4];
    genpaddr_t base = machine_take_ram(words[1], words[2]);
    machine.minbase = machine.maxlimit = 0;
    if (base == 0)
        return LIB_ERR_RAM_ALLOC;
    if (machine.no_cap)
        return SYS_ERR_OK;
    machine_make(spare, ObjType_RAM, base, words[1]);
    *cap = spare;
    spare = NULL_CAP;
    return machine.cap_with_error ? SYS_ERR_RIGHTS : SYS_ERR_OK;
}

errval_t lmp_rpc_call(struct lmp_rpc *rpc, const uint64_t in[LMP_MSG_LENGTH],
                      struct capref send_cap, uint64_t out[LMP_MSG_LENGTH], struct capref *recv_cap)
{
    CU_ASSERT_TRUE(capcmp(rpc->server, cap_memservep));
    if (capref_is_null(spare)) {
        errval_t err = slot_alloc(&spare);
        if (err_is_fail(err))
            return err;
    }
    if (recv_cap != NULL)
        *recv_cap = NULL_CAP;
    if (in[0] == MEM_SERV_ALLOC) {
        CU_ASSERT_TRUE(recv_cap != NULL && capref_is_null(send_cap));
        errval_t err = give_ram(in, recv_cap);
        out[0] = err;
        return err;
    }
    CU_ASSERT_PTR_NULL(recv_cap);
    machine.requests++;
    machine.sent = send_cap;
    memcpy(machine.request, in, sizeof(machine.request));
    memcpy(out, machine.reply, sizeof(machine.reply));
    return out[0];
}

size_t machine_slots_free(void)
{
    return slot_free_count() + !capref_is_null(spare);
}

static void (*running)(void);

static void run(void)
{
    running();
    CU_ASSERT_TRUE(machine_valid());
    CU_ASSERT_FALSE(mm_is_inside());
}

static void run_bare(void)
{
    machine_memory_start();
    machine_domain_start();
    run();
}

static void run_started(void)
{
    machine_memory_start();
    machine_domain_start();
    CU_ASSERT_EQUAL_FATAL(domain_memory_init(NULL), SYS_ERR_OK);
    run();
}

void machine_run(void (*test)(void), bool started)
{
    running = test;
    test_isolated(started ? run_started : run_bare);
}
