// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Stands in the place of the host's header of this name: what a failed assertion calls takes the line
// as an int in the C library of domains.

#undef assert
#define assert(condition)                                                                          \
    ((void)((condition) || (__assert_fail(#condition, __FILE__, __LINE__, __func__), 0)))

_Noreturn void __assert_fail(const char *expression, const char *file, int line,
                             const char *function);
