// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What the ring tells an x86-64 processor about its lines. Hints only: they change no content and
// no order, and a processor that does not know one does nothing (Intel SDM vol. 2, CLDEMOTE and
// PREFETCHW). build/bench-urpc measures what they bring. On two threads of one core the first of
// them costs more than it brings; channels are for two cores.
#pragma once

// Another core will read this line next: move it from the caches of this core to the shared one,
// where the reader finds it sooner.
static inline void urpc_hint_pass(const void *line)
{
    __asm__ volatile("cldemote %0" : : "m"(*(const char *)line));
}

// This core will write this line next: fetch it, and take it away from others. Not all processors
// do the latter with a line that the others have only read.
static inline void urpc_hint_own(const void *line)
{
    __asm__ volatile("prefetchw %0" : : "m"(*(const char *)line));
}

// Waits for about as long as a line takes from one core to another.
static inline void urpc_hint_wait(void)
{
    for (int i = 0; i < 4; i++) {
        __builtin_ia32_pause();
    }
}
