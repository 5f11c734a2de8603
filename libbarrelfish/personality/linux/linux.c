// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// One system call: its answer, and then the signals that have come for the thread meanwhile. A call
// that a signal has ended is made again if the handler wants that and it waits for no time, as
// Linux does: to the handler it looks as if it had not been made yet, and the C library's handler
// for cancelling goes on elsewhere then. Source: man page signal(7).
#include "linux.h"

#include "linux_signal.h"
#include "linux_signal_state.h"
#include "linux_table.h"

#include <errno.h>
#include <sys/syscall.h>

#define SYSCALL_BYTES 2 // of the instruction

extern char context_entry_syscall[]; // foreign_syscall.S

static long call(struct thread *self, long nr, const long args[6])
{
    linux_of(self)->in_call = true;
    long result = linux_call_of(nr)(args);
    linux_of(self)->in_call = false;
    return result;
}

long linux_syscall(long nr, long a1, long a2, long a3, long a4, long a5, long a6)
{
    const long args[6] = {a1, a2, a3, a4, a5, a6};
    struct thread *self = thread_self();
    struct registers *frame = self->syscall_frame;
    for (;;) {
        long result = call(self, nr, args);
        uint64_t pending = linux_of(self)->signal_pending | linux_signals_pending;
        if ((pending & ~linux_of(self)->signal_mask) == 0 && result != -EINTR)
            return result;
        bool again = result == -EINTR && (nr == SYS_futex || nr == SYS_read || nr == SYS_readv);
        uint64_t back = frame->rip, here = again ? back - SYSCALL_BYTES : back;
        frame->rip = here;
        again = !linux_signals_handle(frame) && again;
        if (frame->rip != here)
            return result; // where the handler wants
        frame->rip = back;
        if (!again)
            return result;
    }
}

const struct personality linux_personality = {
    .entry_syscall = context_entry_syscall,
    .fault_wanted = linux_signal_fault_wanted,
    .fault_handle = linux_signal_fault,
    .set_read = linux_set_read,
};
