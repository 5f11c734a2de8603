// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Switching the extended state (Intel SDM vol. 3, 13.4). x87, SSE and AVX are offered; the state of
// each dispatcher lies behind its dcb. It is switched whenever another dispatcher than the last one
// comes onto the core. Waiting for the device-not-available exception instead would be cheaper but
// is no protection under QEMU 7.2: its XSAVE and XRSTOR ignore CR0.TS, so that a domain could read
// and change the registers of the one before.

#include "machine/fpu.h"

#include "machine/panic.h"
#include "machine/switch.h"

#include "lib/kassert.h"
#include "lib/string.h"

#define XSTATE_WANTED 0x7ul // x87, SSE, AVX
#define MXCSR_DEFAULT 0x1f80u
#define FCW_DEFAULT 0x37fu
#define XSAVE_HEADER_OFFSET 512u

void fpu_init(void)
{
    cpu_write_cr4(cpu_read_cr4() | CR4_OSXSAVE);
    struct cpuid components = cpu_id(13, 0);
    kcb.arch.xsave_mask = components.eax & XSTATE_WANTED;
    cpu_write_xcr0(kcb.arch.xsave_mask);
    kcb.arch.xsave_bytes = cpu_id(13, 0).ebx; // of what is enabled now
    if (kcb.arch.xsave_bytes > DCB_FPU_BYTES)
        boot_fail("an extended state of %u bytes does not fit a dispatcher", kcb.arch.xsave_bytes);
    cpu_write_cr0(cpu_read_cr0() & ~(CR0_TS | CR0_EM));
}

static __attribute__((noinline)) void make_area(struct dcb *dcb)
{
    uint8_t *area = dcb_fpu(dcb);
    memset(area, 0, kcb.arch.xsave_bytes);
    memcpy(area, &(uint16_t){FCW_DEFAULT}, 2);
    memcpy(area + 24, &(uint32_t){MXCSR_DEFAULT}, 4);
    area[XSAVE_HEADER_OFFSET] = 0x3; // x87 and SSE as given above, AVX in its initial state
    dcb->fpu_used = true;
}

void fpu_switch(struct dcb *dcb)
{
    if (kcb.fpu_owner == dcb)
        return;
    uint32_t mask = (uint32_t)kcb.arch.xsave_mask;
    if (kcb.fpu_owner != NULL)
        fpu_save(kcb.fpu_owner, mask);
    if (!dcb->fpu_used)
        make_area(dcb);
    fpu_load(dcb, mask);
    selectors_hand_over(kcb.fpu_owner, dcb);
    kcb.fpu_owner = dcb;
}

void fpu_forget(struct dcb *dcb)
{
    if (kcb.fpu_owner != dcb)
        return;
    kassert(dcb->selectors == 0); // CU2
    kcb.fpu_owner = NULL;
}
