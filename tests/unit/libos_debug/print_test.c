// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The words of a domain that has no console: through the CPU driver if it may, else through its
// spawnd, however slow either takes them.
#include "barrelfish/capabilities.h"
#include "barrelfish/lmp_rpc.h"
#include "barrelfish/syscalls.h"
#include "if/spawnd.h"
#include "testlib/testlib.h"

#include <string.h>

#define TRIES_MAX 10000u

static char printed[4096];
static size_t printed_bytes;
static unsigned yields, sends;
static unsigned busy, busy_again; ///< calls more that are told to come later; after each success
static uint64_t yielded_to;
static size_t fifo; ///< bytes that the port takes at a time
static errval_t print_err, send_err, busy_err, yield_err;

static void begin(errval_t may_print)
{
    printed_bytes = 0;
    yields = sends = busy = busy_again = 0;
    fifo = 16;
    print_err = may_print;
    send_err = yield_err = SYS_ERR_OK;
    busy_err = SYS_ERR_LMP_BUF_OVERFLOW;
}

static void take(const char *text, size_t bytes)
{
    CU_ASSERT_FATAL(printed_bytes + bytes <= sizeof(printed));
    memcpy(printed + printed_bytes, text, bytes);
    printed_bytes += bytes;
}

errval_t syscall2(uint64_t number, uint64_t arg1, uint64_t arg2)
{
    CU_ASSERT(number == SYSCALL_YIELD && arg2 == 0);
    yielded_to = arg1;
    yields++;
    return yield_err;
}

struct sysret syscall_invoke(uint64_t caddr, uint64_t cmd, uint64_t arg1, uint64_t arg2,
                             uint64_t arg3, uint64_t arg4, uint64_t arg5, uint64_t arg6)
{
    CU_ASSERT(caddr == get_cap_caddr(cap_kernel) && cmd == KERNEL_CMD_PRINT);
    CU_ASSERT(arg3 == 0 && arg4 == 0 && arg5 == 0 && arg6 == 0);
    if (print_err != SYS_ERR_OK)
        return (struct sysret){print_err, 0, 0};
    if (arg2 > KERNEL_PRINT_MAX)
        return (struct sysret){SYS_ERR_ARGS, 0, 0};
    size_t taken = busy > 0 ? (busy--, 0) : arg2 < fifo ? arg2 : fifo;
    take((const char *)arg1, taken);
    busy = taken > 0 ? busy_again : busy;
    return (struct sysret){SYS_ERR_OK, taken, 0};
}

errval_t sys_lmp_send(uint64_t ep_caddr, uint32_t flags, uint64_t send_caddr, size_t length,
                      const uint64_t words[LMP_MSG_LENGTH])
{
    CU_ASSERT(ep_caddr == get_cap_caddr(cap_spawndep) && flags == 0 && send_caddr == 0);
    CU_ASSERT(length == SPAWND_WORDS && words[0] == (RPC_REQUEST | SPAWND_PRINT));
    sends++;
    if (busy > 0) {
        busy--;
        return busy_err;
    }
    if (send_err != SYS_ERR_OK)
        return send_err;
    uint64_t bytes = words[1] & ~SPAWND_PRINT_MORE;
    CU_ASSERT_FATAL(bytes > 0 && bytes <= SPAWND_PIECE_BYTES);
    take((const char *)&words[SPAWND_PIECE_WORD], bytes);
    if ((words[1] & SPAWND_PRINT_MORE) == 0)
        take("|", 1); // the end of a text
    return SYS_ERR_OK;
}

static const char text[201] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-"
                              "0123456789abcdefghijklmnopqrstuv"
                              "wxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-"
                              "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-+"
                              "0123456789";

static bool was_printed(size_t bytes, const char *end)
{
    return printed_bytes == bytes + strlen(end) && memcmp(printed, text, bytes) == 0 &&
           memcmp(printed + bytes, end, strlen(end)) == 0;
}

static void test_here(void)
{
    for (size_t bytes = 0; bytes <= 200; bytes++) {
        begin(SYS_ERR_OK);
        fifo = bytes % 3 == 0 ? KERNEL_PRINT_MAX : 1 + bytes % 16;
        busy = bytes % 5;
        CU_ASSERT_EQUAL(sys_print(text, bytes), SYS_ERR_OK);
        CU_ASSERT(was_printed(bytes, "") && sends == 0);
        CU_ASSERT(yields == (bytes == 0 ? 0 : bytes % 5) && (yields == 0 || yielded_to == 0));
    }
}

/// A port that takes nothing any more is given up, one that is slow is not.
static void test_port(void)
{
    begin(SYS_ERR_OK);
    busy = TRIES_MAX - 1;
    CU_ASSERT(sys_print(text, 1) == SYS_ERR_OK && was_printed(1, ""));
    begin(SYS_ERR_OK);
    busy = TRIES_MAX;
    CU_ASSERT(sys_print(text, 1) == SYS_ERR_OK && was_printed(0, "") && yields == TRIES_MAX);
    begin(SYS_ERR_OK);
    fifo = 1;
    busy = busy_again = TRIES_MAX / 2;
    CU_ASSERT(sys_print(text, 4) == SYS_ERR_OK && was_printed(4, ""));
    begin(SYS_ERR_USER_POINTER);
    CU_ASSERT(err_no(sys_print(text, 1)) == SYS_ERR_USER_POINTER && sends == 0);
}

static void test_spawnd(void)
{
    for (size_t bytes = 1; bytes <= 200; bytes++) {
        begin(SYS_ERR_CAP_NOT_FOUND);
        busy = bytes % 4;
        busy_err = bytes % 8 < 4 ? SYS_ERR_LMP_BUF_OVERFLOW : SYS_ERR_LMP_CAPTRANSFER_DST;
        CU_ASSERT_EQUAL(sys_print(text, bytes), SYS_ERR_OK);
        CU_ASSERT(was_printed(bytes, "|") && yields == bytes % 4);
        CU_ASSERT(yields == 0 || yielded_to == get_cap_caddr(cap_spawndep));
        CU_ASSERT_EQUAL(sends, yields + (bytes + SPAWND_PIECE_BYTES - 1) / SPAWND_PIECE_BYTES);
    }
    begin(SYS_ERR_RIGHTS);
    CU_ASSERT(sys_print(text, 0) == SYS_ERR_OK && sends == 0);
}

static void test_no_spawnd(void)
{
    begin(SYS_ERR_RIGHTS);
    send_err = SYS_ERR_CAP_NOT_FOUND;
    CU_ASSERT(err_no(sys_print(text, 100)) == SYS_ERR_CAP_NOT_FOUND && sends == 1);
    begin(SYS_ERR_RIGHTS);
    busy = UINT32_MAX;
    CU_ASSERT(err_no(sys_print(text, 100)) == SYS_ERR_LMP_BUF_OVERFLOW && yields == TRIES_MAX);
    begin(SYS_ERR_RIGHTS);
    busy = 2;
    yield_err = SYS_ERR_CAP_NOT_FOUND; // nobody is there to yield to
    CU_ASSERT(err_is_fail(sys_print(text, 100)) && sends == 1 && yields == 1);
}

TEST_SUITE("words without a console") = {
    {"through the CPU driver", test_here},
    {"a busy port", test_port},
    {"through spawnd", test_spawnd},
    {"no way", test_no_spawnd},
};
