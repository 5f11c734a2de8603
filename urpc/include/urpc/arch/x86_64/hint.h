// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What the ring tells an x86-64 processor about its lines. Hints only: they change no content and
// no order, and a processor that does not know one does nothing (Intel SDM vol. 2, CLDEMOTE and
// PREFETCHW). build/bench-urpc measures what they bring. On two threads of one core the first of
// them costs more than it brings; channels are for two cores.
#pragma once

#include <stdbool.h>
#include <stdint.h>

/// Another core will read this line next: move it from the caches of this core to the shared one,
/// where the reader finds it sooner.
static inline void urpc_hint_pass(const void *line)
{
    __asm__ volatile("cldemote %0" : : "m"(*(const char *)line));
}

/// This core will write this line next: fetch it, and take it away from others. Not all processors
/// do the latter with a line that the others have only read.
static inline void urpc_hint_own(const void *line)
{
    __asm__ volatile("prefetchw %0" : : "m"(*(const char *)line));
}

/// How a thread rests that has polled in vain, and when it fetches lines that it will write.
struct urpc_manner {
    uint16_t pauses; // PAUSEs of a rest
    bool fetches;    // also the next line in a rest, and lines ahead when messages are answers
    uint32_t ahead;  // lines from the one just written to the one to fetch
};

/// What suits this processor. On Intel's it pays to wait for about as long as a line takes there
/// and back, and to fetch the own line back meanwhile, which the peer's poll has taken. On AMD's
/// two PAUSEs keep polls from meeting the store on its way, and more is only late; a line that is
/// fetched must be read again by who polls it next, so only a stream gains by it. Asked once for
/// each end, for CPUID may take microseconds.
static inline struct urpc_manner urpc_hint_manner(void)
{
    uint32_t leaf = 0, ebx, ecx = 0, edx;
    __asm__ volatile("cpuid" : "+a"(leaf), "=b"(ebx), "+c"(ecx), "=d"(edx));
    bool intel = ebx == 0x756e6547 && edx == 0x49656e69 && ecx == 0x6c65746e; // "GenuineIntel"
    return intel ? (struct urpc_manner){4, true, 2} : (struct urpc_manner){2, false, 8};
}

/// Rests. `own` is the line that this side writes next.
static inline void urpc_hint_rest(struct urpc_manner manner, const void *own)
{
    if (manner.fetches)
        urpc_hint_own(own);
    for (uint32_t i = 0; i < manner.pauses; i++)
        __builtin_ia32_pause();
}
