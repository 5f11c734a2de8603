// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A new dispatcher: its stack, its main thread, who looks for events, and where the CPU driver is to
// enter it.

#include "dispatcher.h"

#include "barrelfish/syscalls.h"

#define DISPATCHER_STACK_BYTES 32768u
#define FPU_AREA_BYTES_MAX 4096u

static uint8_t dispatcher_stack[DISPATCHER_STACK_BYTES] __attribute__((aligned(64)));
static uint8_t main_fpu_area[FPU_AREA_BYTES_MAX] __attribute__((aligned(64)));
static struct thread main_thread;

void dispatch_init(struct dispatcher *disp)
{
    struct dispatcher_shared *shared = &disp->shared;
    if (shared->xsave_bytes > sizeof(main_fpu_area)) {
        static const char text[] = "libbarrelfish: the processor's XSAVE area is too large\n";
        (void)sys_print(text, sizeof(text) - 1);
        __builtin_trap();
    }
    disp->stack_top = (uint64_t)(dispatcher_stack + sizeof(dispatcher_stack));
    main_thread.fpu = main_fpu_area;
    fpu_area_init(main_fpu_area, sizeof(main_fpu_area));
    main_thread.id = ++disp->last_thread_id;
    thread_list_add(disp, &main_thread);
    main_thread.stack_low = STACK_VADDR;
    main_thread.stack_high = STACK_VADDR + STACK_BYTES;
    disp->current = &main_thread;
    waitset_init(&disp->default_waitset);
    lmp_endpoints_init(disp);
    disp->poll_endpoints = lmp_endpoints_poll_disabled;
    disp->poll_channels = waitset_poll_disabled;
    disp->arm_channels = waitset_arm_disabled;
    disp->disarm_channels = waitset_disarm_disabled;
    poll_policy_init(&disp->poll_policy, shared->tsc_per_ms);
    disp->poll_limit = DISP_POLL_ADAPTIVE;
    shared->entry_run = (uint64_t)context_entry_run;
    shared->entry_pagefault = (uint64_t)context_entry_pagefault;
    shared->entry_trap = (uint64_t)context_entry_trap;
    shared->crit_pc_low = (uint64_t)context_crit_low;
    shared->crit_pc_high = (uint64_t)context_crit_high;
}
