// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What every test domain needs: checks that count, a summary that becomes the exit status, memory
// that must be the same before and after, children, random numbers. The verdict of a test is the
// exit status of its main(), never what it prints; a failed check says where. What is printed
// holds no times and no addresses, so that two runs can be compared.
#pragma once

#include "barrelfish/types.h"

#include <stdint.h>

/// Check a condition; the value is that of the condition.
#define EXPECT(cond) test_expect((cond), __FILE__, __LINE__, #cond)
/// Check that an errval_t is success, or has the latest code `code`.
#define EXPECT_OK(err) test_expect_err((err), SYS_ERR_OK, __FILE__, __LINE__, #err)
#define EXPECT_ERR(err, code) test_expect_err((err), (code), __FILE__, __LINE__, #err)

bool test_expect(bool holds, const char *file, int line, const char *text);
bool test_expect_err(errval_t err, enum err_code wanted, const char *file, int line,
                     const char *text);

/// Checks that failed so far.
unsigned test_failures(void);

/// Say that `what` was not checked, because the machine has no `feature`. The
/// runner shows these lines (tests/lib/run-test).
void test_skipped(const char *what, const char *feature);

/// Check all structures of this core's CPU driver. False: this image cannot (KERNEL_STAT_VALID); no
/// check was made then.
bool test_structures(void);

/// Print "NAME: N checks, M failed"; the exit status for main(): 0, or 1 if any failed or none was
/// made. Checks the structures first.
int test_summary(const char *name);

/// Free memory of this core's memory server, once nothing changes it any more.
uint64_t test_memory_settled(void);

/// Check that as much memory is free as `before`; waits up to some seconds for what comes back by
/// and by. Take `before` after a first round of the same work: a domain's own tables grow once.
void test_memory_expect(uint64_t before, const char *file, int line);
#define EXPECT_MEMORY(before) test_memory_expect((before), __FILE__, __LINE__)

/// How a child ended.
enum test_end {
    TEST_END_STATUS,  ///< by itself, with a status
    TEST_END_DIED,    ///< with SPAWN_STATUS_DIED or by its library after a fault
    TEST_END_KILLED,  ///< it did not end in time, and was ended
    TEST_END_NO_SPAWN ///< it could not be started
};

struct test_child {
    enum test_end end;
    uint8_t status;
    errval_t err; ///< of the failed spawn
};

/// Start `program` on `core` with up to a few arguments (ended by NULL, without the program's
/// name) and wait at most `limit_ms` for its end; 0: without limit.
struct test_child test_run_child(coreid_t core, const char *program, const char *const args[],
                                 unsigned limit_ms);

/// Check that CPU driver, memory server, monitor and spawnd of `core` still do their work: a child
/// (the program `test_child`) is started there and asks them.
void test_services_expect(coreid_t core, const char *file, int line);
#define EXPECT_SERVICES(core) test_services_expect((core), __FILE__, __LINE__)

/// Random numbers that a seed repeats (splitmix64; Steele, Lea and Flood 2014).
struct test_random {
    uint64_t state;
};

static inline uint64_t test_random_next(struct test_random *random)
{
    uint64_t z = random->state += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

/// 0 to bound - 1; bound is not 0.
static inline uint64_t test_random_below(struct test_random *random, uint64_t bound)
{
    return test_random_next(random) % bound;
}

/// True once in `times`.
static inline bool test_random_one_in(struct test_random *random, uint64_t times)
{
    return test_random_below(random, times) == 0;
}

/// The argument `index` as a number, or `otherwise` if it is not there.
uint64_t test_argument(int argc, char **argv, int index, uint64_t otherwise);
