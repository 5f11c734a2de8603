// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Output for those who look for a mistake: line by line to where all output goes, and past that
// (sys_print()) before there is a console and where nobody can be waited for. Lines begin with the
// domain's name and core. Needs no C library state but that of vsnprintf(), which is none for
// integers and strings.

#pragma once

#include "barrelfish/caddr.h"
#include "barrelfish/err.h"

void debug_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/// Writes a reference in words; returns the length, as snprintf() does.
int debug_print_capref(char *buf, size_t len, struct capref cap);

/// Identifies the capability in `cap`.
LIB_MUST_CHECK errval_t debug_cap_identify(struct capref cap, struct capability *ret);

/// Writes a capability in words; returns the length, as snprintf() does.
int debug_print_cap(char *buf, size_t len, const struct capability *cap);

/// Writes the capability in `cap`, or the error that it cannot be identified, in words.
int debug_print_cap_at_capref(char *buf, size_t len, struct capref cap);

/// Prints "file:line function: message" and the error (0: none). A domain that calls it very often
/// is not heard each time: a few times at once, then once a second, with the number of those that
/// are left out.
void debug_err(const char *file, const char *func, int line, errval_t err, const char *msg, ...)
    __attribute__((format(printf, 5, 6)));

/// As debug_err(), with a backtrace; then ends the domain.
void user_panic_fn(const char *file, const char *func, int line, errval_t err, const char *msg, ...)
    __attribute__((format(printf, 5, 6), noreturn));

/// Prints who called the caller, and who called them, with names, one a line.
void debug_print_backtrace(void);

#define DEBUG_ERR(err, ...) debug_err(__FILE__, __func__, __LINE__, err, __VA_ARGS__)
#define USER_PANIC(...) user_panic_fn(__FILE__, __func__, __LINE__, SYS_ERR_OK, __VA_ARGS__)
#define USER_PANIC_ERR(err, ...) user_panic_fn(__FILE__, __func__, __LINE__, err, __VA_ARGS__)
