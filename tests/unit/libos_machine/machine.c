// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The CPU driver's part of the machine: invocations, and a first domain's capabilities. What an
// invocation does is the CPU driver's code; here is only what stands around it there.
#include "machine_state.h"

#include "barrelfish/slot_alloc.h"
#include "barrelfish/syscalls.h"
#include "kpi/spawn.h"

#include <stdio.h>
#include <string.h>

struct machine machine;
struct caps machine_caps;
static struct cte root_of_spawner; ///< it keeps one
static struct cte *dispatcher;
static unsigned calls[MACHINE_STEP + 1];
static struct {
    uint64_t command;
    unsigned left;
    errval_t err;
    bool done;
} failure;

struct dispatcher_slots *machine_slots(void)
{
    return caps_dispatcher_slots(&machine_caps, dispatcher->cap.base);
}

static struct cte *slot_of(const struct cte *cnode, unsigned i)
{
    return (struct cte *)caps_ptr(&machine_caps, cnode->cap.base) + i;
}

static struct cte *create(struct cte *slot, bool l1, enum objtype type, size_t bytes)
{
    struct caps_dest dest = {.slot = slot, .room = 1, .l1 = l1};
    struct cap cap = cap_make(type, machine_take_ram(bytes, BASE_PAGE_SIZE), bytes);
    memset(caps_ptr(&machine_caps, cap.base), 0, bytes);
    CU_ASSERT_EQUAL_FATAL(caps_create(&machine_caps, &dest, &cap), SYS_ERR_OK);
    return slot;
}

static void copy(struct cte *to, struct cte *from, uint64_t rights)
{
    struct caps_dest dest = caps_dest_kernel(to);
    CU_ASSERT_EQUAL_FATAL(caps_mint(&machine_caps, &dest, from, rights, 0), SYS_ERR_OK);
}

genpaddr_t machine_own_dispatcher(void)
{
    return dispatcher->cap.base;
}

void machine_domain_start(void)
{
    memset(&machine, 0, sizeof(machine));
    machine.self = (struct thread *)0x1000;
    struct cte *root =
        create(&root_of_spawner, false, ObjType_L1CNode, L1_CNODE_SLOTS_MIN * OBJSIZE_CTE);
    for (unsigned i = 0; i <= ROOTCN_SLOT_ALLOC0; i++)
        create(slot_of(root, i), true, ObjType_L2CNode, OBJSIZE_L2CNODE);
    struct cte *task = slot_of(root, ROOTCN_SLOT_TASKCN);
    dispatcher = create(slot_of(task, TASKCN_SLOT_DISPATCHER), false, ObjType_Dispatcher,
                        OBJSIZE_DISPATCHER);
    copy(slot_of(task, TASKCN_SLOT_ROOTCN), root, CAPRIGHTS_ALL & ~CAPRIGHTS_GRANT);
    copy(&machine_slots()->cspace, root, CAPRIGHTS_ALL);
    struct cte *frame =
        create(slot_of(task, TASKCN_SLOT_DISPFRAME), false, ObjType_Frame, DISPATCHER_FRAME_BYTES);
    copy(&machine_slots()->frame, frame, CAPRIGHTS_ALL);
    create(slot_of(task, TASKCN_SLOT_VROOT), false, ObjType_VNode_x86_64_pml4, OBJSIZE_VNODE);
    struct caps_dest dest = caps_dest_kernel(slot_of(task, TASKCN_SLOT_MEMSERVEP));
    CU_ASSERT_EQUAL_FATAL(
        caps_endpoint_create(&machine_caps, dispatcher, SELFEP_OFFSET, 16, false, &dest),
        SYS_ERR_OK);
}

genpaddr_t machine_pml4(void)
{
    return slot_of(slot_of(&root_of_spawner, ROOTCN_SLOT_TASKCN), TASKCN_SLOT_VROOT)->cap.base;
}

void machine_fail(uint64_t command, unsigned nth, errval_t err)
{
    failure.command = command;
    failure.left = nth;
    failure.err = err;
    failure.done = false;
}

bool machine_has_failed(void)
{
    return failure.done;
}

unsigned machine_calls(uint64_t command)
{
    return calls[command];
}

static bool makes(uint64_t command)
{
    switch (command) {
    case CAP_CMD_COPY:
    case CAP_CMD_MINT:
    case CAP_CMD_RETYPE:
    case VNODE_CMD_MAP:
    case VNODE_CMD_COPY:
    case MAPPING_CMD_MODIFY:
    case DISPATCHER_CMD_CSPACE:
    case DISPATCHER_CMD_SETUP:
    case DISPATCHER_CMD_ENDPOINT:
    case DISPATCHER_CMD_INFO:
    case KERNEL_CMD_BEGIN_GROUP:
    case KERNEL_CMD_ID_CREATE:
    case MACHINE_RAM:
        return true;
    default:
        return false;
    }
}

bool machine_refuses(uint64_t command, errval_t *err)
{
    calls[command < MACHINE_STEP ? command : MACHINE_STEP]++;
    if (failure.left == 0 ||
        (failure.command != command && (failure.command != MACHINE_MAKES || !makes(command))))
        return false;
    *err = failure.err;
    failure.done = --failure.left == 0;
    return failure.done;
}

static errval_t generic(struct caps_call *call)
{
    struct caps *caps = &machine_caps;
    uint32_t done = 0;
    switch (call->command) {
    case CAP_CMD_COPY:
        return caps_copy(caps, &call->operands[0].slot, call->target);
    case CAP_CMD_MINT:
        return caps_mint(caps, &call->operands[0].slot, call->target, call->args[1], call->args[2]);
    case CAP_CMD_RETYPE:
        return caps_retype(caps, call->target, call->args[0], (uint32_t)call->args[1],
                           call->args[2], (uint32_t)(call->args[1] >> 32), &call->operands[3].slot,
                           &done);
    case CAP_CMD_DELETE:
        return caps_delete(caps, call->target);
    case CAP_CMD_REVOKE:
        return caps_revoke(caps, call->target);
    case CAP_CMD_IDENTIFY:
        return caps_identify(call->target, (struct capability *)call->args[0]);
    default:
        return SYS_ERR_ILLEGAL_INVOCATION;
    }
}

static errval_t vnode(struct caps_call *call)
{
    struct caps *caps = &machine_caps;
    uint64_t first = call->args[0] & 0xffff, count = call->args[0] >> 16;
    switch (call->command) {
    case VNODE_CMD_MAP:
        return caps_vnode_map(caps, call->target, first, count, call->operands[1].cap,
                              call->args[2], call->args[3], &call->operands[4].slot);
    case VNODE_CMD_COPY:
        return caps_vnode_copy(caps, call->target, first, count, call->operands[1].cap,
                               call->args[2], call->args[3], &call->operands[4].slot);
    case VNODE_CMD_UNMAP:
        return caps_vnode_unmap(caps, call->target, call->operands[0].cap);
    case VNODE_CMD_READ:
        return caps_vnode_read(caps, call->target, call->args[0], &call->values[0]);
    case MAPPING_CMD_MODIFY:
        return caps_mapping_modify(caps, call->target, first, count, call->args[1]);
    default:
        return SYS_ERR_ILLEGAL_INVOCATION;
    }
}

struct sysret syscall_invoke(uint64_t caddr, uint64_t cmd, uint64_t arg1, uint64_t arg2,
                             uint64_t arg3, uint64_t arg4, uint64_t arg5, uint64_t arg6)
{
    struct caps_call call = {.command = cmd, .args = {arg1, arg2, arg3, arg4, arg5, arg6}};
    static uint64_t under_way; // a command of which only a step was done
    bool first = under_way != cmd;
    errval_t err;
    if (machine.before != NULL)
        machine.before(cmd);
    if (machine_refuses(first || cmd == CAP_CMD_DELETE ? cmd : MACHINE_STEP, &err))
        return (struct sysret){err, arg1, arg2};
    err = caps_decode(&machine_caps, &machine_slots()->cspace.cap, &call, caddr);
    if (err_is_ok(err))
        err = cmd < CAP_CMD_GENERIC_END    ? generic(&call)
              : cmd < DISPATCHER_CMD_SETUP ? vnode(&call)
                                           : machine_kernel(&call);
    under_way = err == SYS_ERR_AGAIN ? cmd : MACHINE_STEP;
    return (struct sysret){err, call.values[0], call.values[1]};
}

static struct cte *cte_at(struct capref cap)
{
    struct cte *cte = NULL;
    errval_t err =
        caps_lookup_delete(&machine_caps, &machine_slots()->cspace.cap, get_cap_caddr(cap), &cte);
    return err_is_ok(err) ? cte : NULL;
}

bool machine_cap(struct capref cap, struct capability *ret)
{
    struct cte *cte = cte_at(cap);
    return cte != NULL && err_is_ok(caps_identify(cte, ret));
}

bool machine_is_empty(struct capref cap)
{
    return cte_at(cap) == NULL;
}

void machine_make(struct capref cap, enum objtype type, genpaddr_t base, gensize_t bytes)
{
    struct caps_dest dest;
    struct cap new = cap_make(type, base, bytes);
    CU_ASSERT_EQUAL_FATAL(
        caps_lookup_slot(&machine_caps, &machine_slots()->cspace.cap, get_cap_caddr(cap), &dest),
        SYS_ERR_OK);
    CU_ASSERT_EQUAL_FATAL(caps_create(&machine_caps, &dest, &new), SYS_ERR_OK);
}

void machine_delete(struct capref cap)
{
    struct cte *cte = cte_at(cap);
    CU_ASSERT_PTR_NOT_NULL_FATAL(cte);
    errval_t err;
    do {
        err = caps_delete(&machine_caps, cte);
    } while (err == SYS_ERR_AGAIN);
    CU_ASSERT_EQUAL(err, SYS_ERR_OK);
}

static unsigned count_in(const struct cte *cte, enum objtype type)
{
    return cte == NULL ? 0
                       : (type == ObjType_Null || cte->cap.type == type) +
                             count_in(cte->left, type) + count_in(cte->right, type);
}

unsigned machine_count(enum objtype type)
{
    unsigned count = 0;
    for (unsigned class = 0; class < MDB_CLASSES; class ++)
        count += count_in(machine_caps.mdb.root[class], type);
    return count;
}

struct machine_state machine_state(void)
{
    return (struct machine_state){machine_slots_free(), machine_ram_used(),
                                  machine_count(ObjType_Null), machine_count(ObjType_Mapping)};
}

bool machine_state_is(struct machine_state state)
{
    struct machine_state now = machine_state();
    if (now.slots != state.slots || now.ram != state.ram || now.caps != state.caps)
        fprintf(stderr, "before %zu slots, %zu bytes, %u capabilities; now %zu, %zu, %u\n",
                state.slots, state.ram, state.caps, now.slots, now.ram, now.caps);
    return memcmp(&now, &state, sizeof(now)) == 0;
}

unsigned machine_refuse_each(errval_t (*work)(void), void (*undo)(void))
{
    CU_ASSERT_EQUAL_FATAL(work(), SYS_ERR_OK);
    undo();
    struct machine_state state = machine_state();
    for (unsigned n = 1;; n++) {
        machine_fail(MACHINE_MAKES, n, SYS_ERR_CAP_BUSY);
        errval_t err = work();
        if (!machine_has_failed()) {
            machine_fail(MACHINE_MAKES, 0, SYS_ERR_OK);
            CU_ASSERT_EQUAL(err, SYS_ERR_OK);
            undo();
            return n - 1;
        }
        CU_ASSERT_TRUE(err_no(err) == SYS_ERR_CAP_BUSY || err_no(err) == LIB_ERR_PMAP);
        CU_ASSERT_TRUE_FATAL(machine_state_is(state));
    }
}

bool machine_valid(void)
{
    return caps_valid(&machine_caps) && machine_caps.unreturned == NULL;
}
