// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// See fake_kernel.h. A capability's caddr is looked up by its slot in one CNode.
#include "fake_kernel.h"

#include <CUnit/CUnit.h>

#include <asm/prctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "barrelfish/capabilities.h"
#include "barrelfish/debug.h"
#include "barrelfish/domain.h"
#include "barrelfish/slot_alloc.h"
#include "barrelfish/syscalls.h"
#include "barrelfish/systime.h"
#include "barrelfish/terminal.h"
#include "cspace/mm.h"
#include "debug/debug_source.h"
#include "memory/region/pagefault.h"

#define REPLY_MESSAGES 2u // of the endpoint of a struct lmp_rpc
#define FAKE_CNODE ROOTCN_CNODE(ROOTCN_SLOT_ALLOC0)

struct fake_kernel fake;

static uint8_t frame[DISPATCHER_FRAME_BYTES] __attribute__((aligned(4096)));

void debug_printf(const char *fmt, ...)
{
    (void)fmt;
}

errval_t sys_print(const char *string, size_t length)
{
    (void)string;
    if (fake.said != NULL)
        *fake.said = length;
    return SYS_ERR_OK;
}

bool backtrace_line(struct backtrace *trace, char line[BACKTRACE_LINE_BYTES])
{
    if (trace->count == 0)
        fake.trace = *trace;
    snprintf(line, BACKTRACE_LINE_BYTES, "line %u", trace->count);
    return trace->count++ < fake.trace_lines;
}

size_t terminal_write_last(const char *data, size_t length)
{
    (void)data;
    return length;
}

void user_panic_fn(const char *file, const char *func, int line, errval_t err, const char *msg, ...)
{
    (void)file;
    (void)func;
    (void)line;
    (void)msg;
    fake.panic = err;
    if (fake.ended != NULL)
        fake.ended();
    abort();
}

// State that code on the host may use (Intel SDM vol. 1, 13.1): x87, SSE, AVX and AVX-512. A host
// may have more, as AMX, which no dispatcher has room for.
#define XSTATE_WANTED 0xe7u
#define XSAVE_HEADER_END 576u

static uint32_t host_xsave_mask(void)
{
    uint32_t mask, unused;
    __asm__ volatile("xgetbv" : "=a"(mask), "=d"(unused) : "c"(0));
    return mask & XSTATE_WANTED;
}

static uint32_t host_xsave_bytes(uint64_t mask)
{
    uint32_t end = XSAVE_HEADER_END;
    for (uint32_t i = 2; i < 32; i++) {
        uint32_t bytes = 0xd, offset, subleaf = i, unused;
        __asm__ volatile("cpuid" : "+a"(bytes), "=b"(offset), "+c"(subleaf), "=d"(unused));
        if ((mask >> i & 1) != 0 && offset + bytes > end)
            end = offset + bytes;
    }
    return end;
}

int fake_kernel_start(void)
{
    memset(&fake, 0, sizeof(fake));
    memset(frame, 0, sizeof(frame));
    fake.disp = (struct dispatcher *)frame;
    debug_source.name = "test";
    fake.slots_free = FAKE_SLOTS;
    fake.disp->shared.udisp = (uint64_t)frame;
    fake.disp->shared.tsc_per_ms = 2000000;
    fake.disp->shared.xsave_mask = host_xsave_mask();
    fake.disp->shared.xsave_bytes = host_xsave_bytes(fake.disp->shared.xsave_mask);
    fake.disp->shared.disabled = 1;
    // Not by the instruction: a kernel that does not know it loses the base when it switches.
    if (syscall(SYS_arch_prctl, ARCH_SET_GS, frame) != 0)
        return 1;
    dispatch_init(fake.disp);
    fake.disp->fault = fault_upcall;
    disp_enable((dispatcher_handle_t)fake.disp);
    return 0;
}

static struct fake_cap *cap_at(uint64_t caddr)
{
    capaddr_t base = get_cap_addr((struct capref){FAKE_CNODE, 0});
    capaddr_t cptr = caddr_cptr(caddr);
    bool inside = caddr_level(caddr) == 2 && cptr >= base && cptr - base < FAKE_SLOTS;
    return inside ? &fake.caps[cptr - base] : NULL;
}

errval_t slot_alloc(struct capref *ret)
{
    for (cslot_t i = 0; i < FAKE_SLOTS && fake.slots_free > 0; i++) {
        if (!fake.caps[i].slot_used) {
            fake.caps[i] = (struct fake_cap){.slot_used = true};
            fake.slots_free--;
            *ret = (struct capref){FAKE_CNODE, i};
            return SYS_ERR_OK;
        }
    }
    return LIB_ERR_SLOT_ALLOC_NO_SPACE;
}

errval_t slot_free(struct capref cap)
{
    CU_ASSERT_TRUE(fake.caps[cap.slot].slot_used);
    CU_ASSERT_FALSE(fake.caps[cap.slot].present);
    fake.caps[cap.slot].slot_used = false;
    fake.slots_free++;
    return SYS_ERR_OK;
}

static unsigned count_caps(uint32_t offset, bool own)
{
    unsigned count = 0;
    for (unsigned i = 0; i < FAKE_SLOTS; i++) {
        const struct fake_cap *cap = &fake.caps[i];
        count += cap->present && cap->offset == offset && cap->own == own;
    }
    return count;
}

static void set_closed(uint32_t offset, bool closed)
{
    struct lmp_endpoint_kern *kern = (struct lmp_endpoint_kern *)(frame + offset);
    if ((kern->closings % 2 != 0) != closed) {
        kern->closings++;
        fake.disp->shared.lmp_delivered += closed;
    }
}

errval_t cap_delete(struct capref cap)
{
    struct fake_cap *gone = &fake.caps[cap.slot];
    if (!gone->present) {
        CU_ASSERT_TRUE(gone->revoked);
        return SYS_ERR_CAP_NOT_FOUND;
    }
    gone->present = false;
    if (count_caps(gone->offset, gone->own) == 0 && count_caps(gone->offset, !gone->own) > 0)
        set_closed(gone->offset, true);
    return SYS_ERR_OK;
}

errval_t cap_revoke(struct capref cap)
{
    uint32_t offset = fake.caps[cap.slot].offset;
    for (unsigned i = 0; i < FAKE_SLOTS; i++) {
        struct fake_cap *copy = &fake.caps[i];
        if (i != cap.slot && copy->present && copy->offset == offset) {
            copy->present = false;
            copy->revoked = true;
        }
    }
    return SYS_ERR_OK;
}

errval_t cap_destroy(struct capref cap)
{
    if (fake.caps[cap.slot].present)
        (void)cap_delete(cap);
    return slot_free(cap);
}

void cap_drop(struct capref cap)
{
    (void)cap_destroy(cap);
}

unsigned fake_slots_used(void)
{
    return FAKE_SLOTS - fake.slots_free;
}

unsigned fake_caps_present(void)
{
    unsigned count = 0;
    for (unsigned i = 0; i < FAKE_SLOTS; i++)
        count += fake.caps[i].present;
    return count;
}

struct capref fake_endpoint(uint32_t offset, uint32_t messages, uint32_t badge)
{
    struct capref cap = NULL_CAP;
    CU_ASSERT_EQUAL_FATAL(slot_alloc(&cap), SYS_ERR_OK);
    fake.caps[cap.slot] = (struct fake_cap){true, true, offset, messages, badge, false, false};
    return cap;
}

static errval_t deliver(uint64_t ep_caddr, uint64_t cap_caddr, uint32_t flags, size_t length,
                        const uint64_t words[LMP_MSG_LENGTH])
{
    struct fake_cap *ep = cap_at(ep_caddr);
    if (ep == NULL || !ep->present)
        return SYS_ERR_CAP_NOT_FOUND;
    struct lmp_endpoint_kern *kern = (struct lmp_endpoint_kern *)(frame + ep->offset);
    if (kern->delivered - kern->consumed >= ep->messages)
        return SYS_ERR_LMP_BUF_OVERFLOW;
    struct lmp_message *message = &kern->messages[kern->delivered % ep->messages];
    message->flags = 0;
    if (cap_caddr != 0) {
        struct fake_cap *src = cap_at(cap_caddr), *dest = cap_at(kern->recv_slot);
        if (src == NULL || !src->present)
            return SYS_ERR_LMP_CAPTRANSFER_SRC;
        if (dest == NULL || dest->present)
            return SYS_ERR_LMP_CAPTRANSFER_DST;
        *dest = *src;
        dest->own = false;
        if (src->own)
            set_closed(src->offset, false);
        src->present = !(flags & LMP_FLAG_GIVE);
        message->flags = LMP_RECV_HAS_CAP;
        kern->recv_slot = 0;
    }
    message->length = (uint32_t)length;
    message->badge = ep->badge;
    memcpy(message->words, words, sizeof(message->words));
    kern->delivered++;
    fake.disp->shared.lmp_delivered++;
    return SYS_ERR_OK;
}

errval_t sys_lmp_send(uint64_t ep_caddr, uint32_t flags, uint64_t send_caddr, size_t length,
                      const uint64_t words[LMP_MSG_LENGTH])
{
    if (fake.full_left > 0) {
        fake.full_left--;
        return SYS_ERR_LMP_BUF_OVERFLOW;
    }
    fake.sent_flags = flags;
    errval_t err = deliver(ep_caddr, send_caddr, flags, length, words);
    if (fake.after_send != NULL) {
        fake.disp->shared.disabled = 0; // the receiver runs
        fake.after_send();
        fake.disp->shared.disabled = 1;
    }
    return err;
}

/// Moves the message out of the buffer, as if it had never been there.
static uint64_t to_registers(struct lmp_endpoint_kern *kern, uint32_t messages,
                             struct lmp_recv_msg *msg)
{
    if (kern->delivered == kern->consumed)
        return 0;
    const struct lmp_message *message = &kern->messages[kern->consumed % messages];
    msg->buf.msglen = message->length;
    msg->buf.badge = message->badge;
    memcpy(msg->words, message->words, sizeof(msg->words));
    kern->consumed++;
    return LMP_RECV_WORDS | message->flags;
}

errval_t sys_lmp_call(uint64_t ep_caddr, uint64_t flags, uint64_t send_caddr,
                      struct lmp_recv_msg *msg, uint64_t *recv_flags)
{
    CU_ASSERT_TRUE(disp_is_disabled() && (flags & LMP_FLAG_CALL) != 0);
    errval_t err = sys_lmp_send(ep_caddr, (uint32_t)flags & ~LMP_FLAG_CALL, send_caddr,
                                msg->buf.msglen, msg->words);
    if (err_is_ok(err)) {
        struct lmp_endpoint_kern *kern =
            (struct lmp_endpoint_kern *)(frame + fake.disp->shared.lrpc_endpoint);
        bool self = fake.disp->shared.lrpc_endpoint == SELFEP_OFFSET;
        uint32_t messages = self ? SELFEP_MESSAGES : REPLY_MESSAGES;
        *recv_flags = ++fake.calls % 2 == 0 ? to_registers(kern, messages, msg) : 0;
    }
    return err;
}

errval_t fake_send(struct capref endpoint, struct capref cap, size_t length, uint64_t word0)
{
    uint64_t words[LMP_MSG_LENGTH] = {word0, 1, 2, 3, 4, 5, 6, 7};
    return deliver(get_cap_caddr(endpoint), get_cap_caddr(cap), 0, length, words);
}

void fake_upcall(struct dispatcher *disp) __attribute__((noreturn));

/// Until something comes or the time does. A sleep that nothing would end is a wake-up that was lost.
static void suspend(systime_t deadline)
{
    const struct dispatcher_shared *shared = &fake.disp->shared;
    CU_ASSERT_TRUE(disp_is_disabled());
    fake.sleeps++;
    fake.slept_until = deadline;
    if (fake.asleep != NULL)
        fake.asleep();
    while (shared->lmp_delivered == shared->lmp_seen && systime_now() < deadline) {
    }
    if (shared->lmp_delivered == shared->lmp_seen && deadline == 0)
        abort();
    fake_upcall(fake.disp);
}

void fake_expire(void)
{
    LIST_OWNER(fake.disp->timers, struct deferred_event, place)->time = 1;
    fake.disp->shared.lmp_delivered++;
}

errval_t syscall2(uint64_t number, uint64_t arg1, uint64_t arg2)
{
    (void)arg2;
    if (number == SYSCALL_SUSPEND)
        suspend(arg1);
    fake.yielded_to = number == SYSCALL_YIELD ? arg1 : fake.yielded_to;
    fake.yields += number == SYSCALL_YIELD;
    fake.ticks += number == SYSCALL_TICK;
    return SYS_ERR_OK;
}

struct sysret syscall_invoke(uint64_t caddr, uint64_t cmd, uint64_t arg1, uint64_t arg2,
                             uint64_t arg3, uint64_t arg4, uint64_t arg5, uint64_t arg6)
{
    (void)arg3;
    (void)arg4;
    (void)arg5;
    (void)arg6;
    struct fake_cap *dest = cap_at(arg2);
    if (caddr != get_cap_caddr(cap_dispatcher) || cmd != DISPATCHER_CMD_ENDPOINT || dest == NULL)
        return (struct sysret){SYS_ERR_ILLEGAL_INVOCATION, 0, 0};
    if (err_is_fail(fake.refusal))
        return (struct sysret){fake.refusal, 0, 0};
    *dest = (struct fake_cap){true, true, (uint32_t)arg1, (uint32_t)(arg1 >> 32), 0, false, true};
    return (struct sysret){SYS_ERR_OK, 0, 0};
}

/// No test faults.
bool mm_is_inside(void)
{
    abort();
}

errval_t vspace_pagefault(genvaddr_t address, enum pagefault_exception_type type)
{
    (void)address;
    (void)type;
    abort();
}

void domain_exit(int status)
{
    fake.exit_status = status;
    if (fake.ended != NULL)
        fake.ended();
    abort();
}
