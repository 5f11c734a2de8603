// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Every command of every capability type (enum cap_cmd in kpi/syscalls.h) as a function: one
// system call each, no retry, no lock, no allocation. SYS_ERR_AGAIN comes back to the caller. What
// repeats, allocates slots or asks a monitor is in barrelfish/capabilities.h.

#pragma once

#include "barrelfish/caddr.h"
#include "barrelfish/syscalls.h"

/// Invokes `cap` with up to six arguments (unused: 0).
static inline struct sysret cap_invoke(struct capref cap, enum cap_cmd cmd, uint64_t arg1,
                                       uint64_t arg2, uint64_t arg3, uint64_t arg4, uint64_t arg5,
                                       uint64_t arg6)
{
    return syscall_invoke(get_cap_caddr(cap), cmd, arg1, arg2, arg3, arg4, arg5, arg6);
}

static inline errval_t cap_invoke3(struct capref cap, enum cap_cmd cmd, uint64_t arg1,
                                   uint64_t arg2, uint64_t arg3)
{
    return cap_invoke(cap, cmd, arg1, arg2, arg3, 0, 0, 0).error;
}

/// As cap_invoke() with three arguments; *value is written on success only.
static inline errval_t cap_invoke_value(struct capref cap, enum cap_cmd cmd, uint64_t arg1,
                                        uint64_t arg2, uint64_t arg3, uint64_t *value)
{
    struct sysret ret = cap_invoke(cap, cmd, arg1, arg2, arg3, 0, 0, 0);
    if (err_is_ok(ret.error))
        *value = ret.value;
    return ret.error;
}

/// As cap_invoke() with one argument; *value and *value2 are written on success only.
static inline errval_t cap_invoke_values(struct capref cap, enum cap_cmd cmd, uint64_t arg,
                                         uint64_t *value, uint64_t *value2)
{
    struct sysret ret = cap_invoke(cap, cmd, arg, 0, 0, 0, 0, 0);
    if (err_is_ok(ret.error)) {
        *value = ret.value;
        *value2 = ret.value2;
    }
    return ret.error;
}

#define INVOCATION LIB_MUST_CHECK static inline errval_t

// Any capability.

INVOCATION invoke_cap_copy(struct capref src, struct capref dest)
{
    return cap_invoke3(src, CAP_CMD_COPY, get_cap_caddr(dest), 0, 0);
}

/// Copies with the rights that both `src` and `rights` (CAPRIGHTS_) have. `badge`: EndPointLMP
/// only.
INVOCATION invoke_cap_mint(struct capref src, struct capref dest, uint64_t rights, uint64_t badge)
{
    return cap_invoke3(src, CAP_CMD_MINT, get_cap_caddr(dest), rights, badge);
}

/// Makes `count` objects of `objsize` bytes from `offset` on, in consecutive slots from `dest` on.
/// SYS_ERR_AGAIN: call again with the same arguments; *done = objects finished (may be NULL).
INVOCATION invoke_cap_retype(struct capref src, struct capref dest, gensize_t offset,
                             enum objtype type, gensize_t objsize, uint32_t count, uint64_t *done)
{
    struct sysret ret =
        cap_invoke(src, CAP_CMD_RETYPE, offset, (uint64_t)type | ((uint64_t)count << 32), objsize,
                   get_cap_caddr(dest), 0, 0);
    if (done != NULL && err_no(ret.error) == SYS_ERR_AGAIN)
        *done = ret.value;
    return ret.error;
}

/// One step; SYS_ERR_AGAIN: more remain.
INVOCATION invoke_cap_delete(struct capref cap)
{
    return cap_invoke3(cap, CAP_CMD_DELETE, 0, 0, 0);
}

/// One step; SYS_ERR_AGAIN: more remain.
INVOCATION invoke_cap_revoke(struct capref cap)
{
    return cap_invoke3(cap, CAP_CMD_REVOKE, 0, 0, 0);
}

INVOCATION invoke_cap_identify(struct capref cap, struct capability *ret)
{
    return cap_invoke3(cap, CAP_CMD_IDENTIFY, (uint64_t)ret, 0, 0);
}

// VNode and Mapping.

/// Maps `count` entries of `table` from `first` on to `object` at `offset` with VREGION_FLAGS_; the
/// Mapping goes to the empty slot `mapping`.
INVOCATION invoke_vnode_map(struct capref table, uint16_t first, uint16_t count,
                            struct capref object, gensize_t offset, uint64_t flags,
                            struct capref mapping)
{
    return cap_invoke(table, VNODE_CMD_MAP, first | (uint64_t)count << 16, get_cap_caddr(object),
                      offset, flags, get_cap_caddr(mapping), 0)
        .error;
}

/// Maps what `count` entries of `mapping` from `offset` on map at `first` of `table` too, which
/// must be of the level of the table that `mapping` was made in; the new Mapping goes to `dest`.
INVOCATION invoke_vnode_copy(struct capref table, uint16_t first, uint16_t count,
                             struct capref mapping, uint64_t offset, uint64_t flags,
                             struct capref dest)
{
    uint64_t entries = first | (uint64_t)count << 16;
    return cap_invoke(table, VNODE_CMD_COPY, entries, get_cap_caddr(mapping), offset, flags,
                      get_cap_caddr(dest), 0)
        .error;
}

/// Empties the entries of `mapping`, which is deleted.
INVOCATION invoke_vnode_unmap(struct capref table, struct capref mapping)
{
    return cap_invoke3(table, VNODE_CMD_UNMAP, get_cap_caddr(mapping), 0, 0);
}

INVOCATION invoke_vnode_read(struct capref table, uint64_t entry, uint64_t *pte)
{
    return cap_invoke_value(table, VNODE_CMD_READ, entry, 0, 0, pte);
}

/// Changes the flags of `pages` entries from `offset` (in entries of the mapping) on. `va_hint` is
/// not needed here and ignored.
INVOCATION invoke_mapping_modify_flags(struct capref mapping, size_t offset, size_t pages,
                                       size_t flags, genvaddr_t va_hint)
{
    (void)va_hint;
    return cap_invoke3(mapping, MAPPING_CMD_MODIFY, (uint64_t)offset | ((uint64_t)pages << 16),
                       flags, 0);
}

// Dispatcher.

/// Gives a new dispatcher its spaces and its frame, seen at `udisp` in its own address space.
/// `death_ep` (or NULL_CAP) is told when it ends.
INVOCATION invoke_dispatcher_setup(struct capref dispatcher, struct capref root,
                                   struct capref vroot, struct capref frame, struct capref death_ep,
                                   domainid_t domain_id, lvaddr_t udisp)
{
    return cap_invoke(dispatcher, DISPATCHER_CMD_SETUP, get_cap_caddr(root), get_cap_caddr(vroot),
                      get_cap_caddr(frame), get_cap_caddr(death_ep), domain_id, udisp)
        .error;
}

INVOCATION invoke_dispatcher_run(struct capref dispatcher)
{
    return cap_invoke3(dispatcher, DISPATCHER_CMD_RUN, 0, 0, 0);
}

static inline errval_t invoke_dispatcher_stop(struct capref dispatcher)
{
    return cap_invoke3(dispatcher, DISPATCHER_CMD_STOP, 0, 0, 0);
}

/// Makes an endpoint of `messages` messages (a power of two) at `offset` of the dispatcher frame.
INVOCATION invoke_dispatcher_endpoint(struct capref dispatcher, uint32_t offset, uint32_t messages,
                                      struct capref dest)
{
    return cap_invoke3(dispatcher, DISPATCHER_CMD_ENDPOINT,
                       (uint64_t)offset | ((uint64_t)messages << 32), get_cap_caddr(dest), 0);
}

struct dispatcher_status {
    enum dispatcher_state state;
    enum dispatcher_activity activity;
    uint64_t run_cycles; ///< time that it ran outside of the CPU driver, to DISPATCHER_STATE_CYCLES
    uint64_t scheduled;  ///< times that it got the core
};

INVOCATION invoke_dispatcher_status(struct capref dispatcher, struct dispatcher_status *status)
{
    struct sysret ret = cap_invoke(dispatcher, DISPATCHER_CMD_STATE, 0, 0, 0, 0, 0, 0);
    if (err_is_ok(ret.error)) {
        status->state = (enum dispatcher_state)(ret.value & 0xff);
        status->activity = (enum dispatcher_activity)(ret.value >> 8 & 0xff);
        status->run_cycles = (ret.value >> 16) * DISPATCHER_STATE_CYCLES;
        status->scheduled = ret.value2;
    }
    return ret.error;
}

/// *wait = what the dispatcher, if it is blocked, says that it waits for; *domain: whom, or 0.
INVOCATION invoke_dispatcher_wait(struct capref dispatcher, enum dispatcher_wait *wait,
                                  domainid_t *domain)
{
    struct sysret ret = cap_invoke(dispatcher, DISPATCHER_CMD_WAIT, 0, 0, 0, 0, 0, 0);
    if (err_is_ok(ret.error)) {
        *wait =
            (ret.value & UINT32_MAX) < WAITS_COUNT ? (enum dispatcher_wait)ret.value : WAIT_UNSAID;
        *domain = (domainid_t)(ret.value >> 32);
    }
    return ret.error;
}

/// *state = enum dispatcher_state, *scheduled = times that it got the core.
INVOCATION invoke_dispatcher_state(struct capref dispatcher, uint64_t *state, uint64_t *scheduled)
{
    struct dispatcher_status status;
    errval_t err = invoke_dispatcher_status(dispatcher, &status);
    if (err_is_ok(err)) {
        *state = status.state;
        *scheduled = status.scheduled;
    }
    return err;
}

/// The CPU driver writes the dispatcher's exposed information (kpi/info.h) to `frame` from now on.
INVOCATION invoke_dispatcher_info(struct capref dispatcher, struct capref frame)
{
    return cap_invoke3(dispatcher, DISPATCHER_CMD_INFO, get_cap_caddr(frame), 0, 0);
}

/// The dispatcher goes on in the space of another L1CNode. SYS_ERR_LAST_COPY: nobody else holds the
/// former one; SYS_ERR_DISP_NOT_READY: it is not set up, or its space was deleted.
INVOCATION invoke_dispatcher_cspace(struct capref dispatcher, struct capref root)
{
    return cap_invoke3(dispatcher, DISPATCHER_CMD_CSPACE, get_cap_caddr(root), 0, 0);
}

// Notify, IRQSrc, IO.

INVOCATION invoke_notify_send(struct capref notify)
{
    return cap_invoke3(notify, NOTIFY_CMD_SEND, 0, 0, 0);
}

/// Routes global interrupt `gsi` to the IRQDest `dest`, unmasked.
INVOCATION invoke_irqsrc_connect(struct capref irq, uint64_t gsi, struct capref dest)
{
    return cap_invoke3(irq, IRQSRC_CMD_CONNECT, gsi, get_cap_caddr(dest), 0);
}

/// Unmasks `gsi` after it was delivered.
INVOCATION invoke_irqsrc_ack(struct capref irq, uint64_t gsi)
{
    return cap_invoke3(irq, IRQSRC_CMD_ACK, gsi, 0, 0);
}

/// `bytes`: 1, 2 or 4.
INVOCATION invoke_io_in(struct capref io, uint16_t port, unsigned bytes, uint64_t *value)
{
    return cap_invoke_value(io, IO_CMD_IN, port, bytes, 0, value);
}

INVOCATION invoke_io_out(struct capref io, uint16_t port, unsigned bytes, uint64_t value)
{
    return cap_invoke3(io, IO_CMD_OUT, port, bytes, value);
}

// Kernel.

INVOCATION invoke_kernel_start_core(struct capref kernel, coreid_t core, uint32_t apic_id,
                                    struct capref bootinfo, struct capref kcb)
{
    return cap_invoke(kernel, KERNEL_CMD_START_CORE, core, apic_id, get_cap_caddr(bootinfo),
                      get_cap_caddr(kcb), 0, 0)
        .error;
}

/// Makes a Notify in the empty slot `dest` that stands for `endpoint`.
INVOCATION invoke_kernel_notify_create(struct capref kernel, struct capref endpoint,
                                       struct capref dest, uint64_t *vector)
{
    return cap_invoke_value(kernel, KERNEL_CMD_NOTIFY_CREATE, get_cap_caddr(endpoint),
                            get_cap_caddr(dest), 0, vector);
}

/// Makes an IRQDest in the empty slot `dest`, whose interrupts go to `endpoint`.
INVOCATION invoke_kernel_irqdest_create(struct capref kernel, struct capref endpoint,
                                        struct capref dest, uint64_t *vector)
{
    return cap_invoke_value(kernel, KERNEL_CMD_IRQDEST_CREATE, get_cap_caddr(endpoint),
                            get_cap_caddr(dest), 0, vector);
}

INVOCATION invoke_kernel_vector_free(struct capref kernel, uint64_t vector)
{
    return cap_invoke3(kernel, KERNEL_CMD_VECTOR_FREE, vector, 0, 0);
}

/// Makes a capability that another core's monitor sent.
INVOCATION invoke_kernel_create_cap(struct capref kernel, const struct capability *raw,
                                    struct capref dest)
{
    return cap_invoke3(kernel, KERNEL_CMD_CREATE_CAP, (uint64_t)raw, get_cap_caddr(dest), 0);
}

INVOCATION invoke_kernel_set_remote(struct capref kernel, struct capref cap, bool remote)
{
    return cap_invoke3(kernel, KERNEL_CMD_SET_REMOTE, get_cap_caddr(cap), remote, 0);
}

/// Registers the L2CNode capability `cnode` and the endpoint for what comes back.
INVOCATION invoke_kernel_set_returns(struct capref kernel, enum kernel_returns which,
                                     struct capref cnode, struct capref endpoint)
{
    return cap_invoke3(kernel, KERNEL_CMD_SET_RETURNS, which, get_cap_caddr(cnode),
                       get_cap_caddr(endpoint));
}

INVOCATION invoke_kernel_id_create(struct capref kernel, struct capref dest)
{
    return cap_invoke3(kernel, KERNEL_CMD_ID_CREATE, get_cap_caddr(dest), 0, 0);
}

INVOCATION invoke_kernel_stat(struct capref kernel, enum kernel_stat which, uint64_t *value)
{
    return cap_invoke_value(kernel, KERNEL_CMD_STAT, which, 0, 0, value);
}

/// Forgets the longest event; *cycles and *what are those of KERNEL_STAT_LONGEST_ until now.
INVOCATION invoke_kernel_stat_reset(struct capref kernel, uint64_t *cycles, uint64_t *what)
{
    return cap_invoke_values(kernel, KERNEL_CMD_STAT_RESET, 0, cycles, what);
}

/// *entry = physical address | KERNEL_TRANSLATE_ bits, or 0; *bytes to the end of the page or hole.
INVOCATION invoke_kernel_translate(struct capref kernel, lvaddr_t address, uint64_t *entry,
                                   uint64_t *bytes)
{
    return cap_invoke_values(kernel, KERNEL_CMD_TRANSLATE, address, entry, bytes);
}

/// *private_base = physical address of the CPU driver's private pages.
INVOCATION invoke_kernel_core_info(struct capref kernel, coreid_t *core, uint32_t *apic_id,
                                   genpaddr_t *private_base)
{
    struct sysret ret = cap_invoke(kernel, KERNEL_CMD_CORE_INFO, 0, 0, 0, 0, 0, 0);
    if (err_is_ok(ret.error)) {
        *core = (coreid_t)ret.value;
        *apic_id = (uint32_t)(ret.value >> 16);
        *private_base = ret.value2;
    }
    return ret.error;
}

/// One step of taking a range of memory back into the empty slot `dest`; SYS_ERR_AGAIN: more
/// remain. *from is 0 at first and passed on.
INVOCATION invoke_kernel_reclaim(struct capref kernel, genpaddr_t base, gensize_t bytes,
                                 struct capref dest, genpaddr_t *from)
{
    struct sysret ret =
        cap_invoke(kernel, KERNEL_CMD_RECLAIM, base, bytes, get_cap_caddr(dest), *from, 0, 0);
    if (err_no(ret.error) == SYS_ERR_AGAIN)
        *from = ret.value;
    return ret.error;
}

/// Writes to the serial port what its FIFO takes now: *taken of `bytes`, at most KERNEL_PRINT_MAX.
INVOCATION invoke_kernel_print(struct capref kernel, const char *text, size_t bytes, size_t *taken)
{
    return cap_invoke_value(kernel, KERNEL_CMD_PRINT, (uint64_t)text, bytes, 0, taken);
}

/// Begins a group with a dispatcher: dispatchers take turns by groups (KERNEL_CMD_BEGIN_GROUP).
INVOCATION invoke_kernel_begin_group(struct capref kernel, struct capref dispatcher,
                                     uint64_t number)
{
    return cap_invoke3(kernel, KERNEL_CMD_BEGIN_GROUP, get_cap_caddr(dispatcher), number, 0);
}

/// Ends the machine with exit status `status`, 0 to 95.
INVOCATION invoke_kernel_halt(struct capref kernel, uint64_t status)
{
    return cap_invoke3(kernel, KERNEL_CMD_HALT, status, 0, 0);
}

#undef INVOCATION
