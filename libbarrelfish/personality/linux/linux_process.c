// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The domain as Linux would call it, a process: its number, its end, signals to itself (which only
// end it: there are no handlers), and what the C library asks of the system as a whole.
#include "linux.h"

#include "barrelfish/domain.h"
#include "barrelfish/systime.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/utsname.h>

#define SIGNAL_STATUS 128 ///< exit status of a death by signal, less the signal
#define SIGNAL_RT_FIRST 32

long linux_getpid(const long args[6])
{
    (void)args;
    return (long)disp_get_domain_id();
}

long linux_zero(const long args[6])
{
    (void)args;
    return 0;
}

long linux_exit_group(const long args[6])
{
    domain_exit((int)args[0]);
}

static long signal_self(long signal)
{
    switch (signal) {
    case 0:
    case SIGCHLD:
    case SIGCONT:
    case SIGURG:
    case SIGWINCH:
        return 0;
    default:
        break;
    }
    if (signal < 0 || signal >= SIGNAL_RT_FIRST) {
        return -ENOSYS;
    }
    domain_exit(SIGNAL_STATUS + (int)signal);
}

long linux_kill(const long args[6])
{
    return signal_self(args[1]);
}

long linux_tgkill(const long args[6])
{
    return signal_self(args[2]);
}

long linux_uname(const long args[6])
{
    struct utsname *name = (struct utsname *)args[0];
    memset(name, 0, sizeof(*name));
    strcpy(name->sysname, "Stave");
    strcpy(name->nodename, "stave");
    strcpy(name->release, "0");
    strcpy(name->machine, "x86_64");
    return 0;
}

// Numbers that differ from call to call but not between two deterministic runs: splitmix64 over the
// time-stamp counter. Not fit for secrets; nothing in a domain keeps any yet.
long linux_getrandom(const long args[6])
{
    char *out = (char *)args[0];
    size_t bytes = (size_t)args[1];
    uint64_t state = systime_now();
    for (size_t i = 0; i < bytes; i++) {
        state += 0x9e3779b97f4a7c15u;
        uint64_t z = (state ^ (state >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        out[i] = (char)(z >> 56);
    }
    return (long)bytes;
}
