// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What the files of boot/ need of one another: the way from the boot core's first C code, or from
// the trampoline, to the first domain.

#pragma once

#include "kpi/bootinfo.h"
#include "machine/space.h"

/// main.c: a core's first steps on its own memory. space_enter() goes on here.
_Noreturn void cpudriver_main(const struct core_start *start);

/// first_domain.c: make the first domain of a core, init on the boot core and the monitor on the
/// others, out of the core's first suitable RAM region, give it capabilities to all that `bootinfo`
/// (in the window, at bootinfo_paddr) names, and put it on the run queue. Stops the machine if that
/// cannot be done.
void first_domain_start(struct bootinfo *bootinfo, lpaddr_t bootinfo_paddr);

/// fw_cfg.c: read the file opt/stave/run of QEMU's fw_cfg device. Returns its bytes (at most max),
/// or -1 if there is none.
int fw_cfg_read_commands(char *buffer, size_t max);
