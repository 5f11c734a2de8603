// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// In the place of the host's header: struct rusage as the C library of domains has it, longer than
// what the system call knows.
#pragma once

#include_next <sys/resource.h>

struct domain_rusage {
    struct timeval ru_utime, ru_stime;
    long ru_maxrss, ru_ixrss, ru_idrss, ru_isrss, ru_minflt, ru_majflt, ru_nswap, ru_inblock,
        ru_oublock, ru_msgsnd, ru_msgrcv, ru_nsignals, ru_nvcsw, ru_nivcsw;
    long __reserved[16];
};

#define rusage domain_rusage
