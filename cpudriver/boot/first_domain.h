// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The first domain of a core: init on the boot core, the monitor on the others.

#pragma once

#include "kpi/bootinfo.h"

/// Make it out of the core's first suitable RAM region, give it capabilities to all that `bootinfo`
/// (in the window, at bootinfo_paddr) names, and put it on the run queue. Stops the machine if that
/// cannot be done.
void first_domain_start(struct bootinfo *bootinfo, lpaddr_t bootinfo_paddr);
