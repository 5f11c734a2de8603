// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Bochs' configuration, and what its end means.
#include "bochs.h"

#include <stdlib.h>
#include <string.h>

#include <testlib/testlib.h>

static void test_config(void)
{
    char *text = bochs_config(&(struct machine){3, 1, 2048}, "/tmp/x/boot");
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "count=1:3:1,"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\nmemory: guest=2048, host=1024\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "path=\"/tmp/x/boot\""));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "dev=/dev/fd/3\n"));
    free(text);
    text = bochs_config(&(struct machine){1, 1, 256}, "i");
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\nmemory: guest=256, host=256\n"));
    free(text);
}

static struct qemu_verdict verdict_of(int wait_status, const char *words, size_t count)
{
    static struct console_tail tail;
    tail = (struct console_tail){.total = count};
    memcpy(tail.bytes, words, count);
    return bochs_verdict(wait_status, &tail);
}

static void test_verdict(void)
{
    struct qemu_verdict verdict = verdict_of(1 << 8, "Bochs\n\x1e\x3amore", 12);
    CU_ASSERT(!verdict.died);
    CU_ASSERT_EQUAL(verdict.status, 42);
    CU_ASSERT_EQUAL(verdict_of(0, "\x1e\x11\x1e\x10", 4).status, 0); // the last one
    CU_ASSERT_STRING_EQUAL(verdict_of(0, "\x1e\x01", 2).text, "it stopped with an error");
    CU_ASSERT_STRING_EQUAL(verdict_of(0, "\x1e\x70", 2).text, "it ended with the unknown byte 112");
    CU_ASSERT(verdict_of(0, "\x1e", 1).died); // cut off
    CU_ASSERT(verdict_of(0, "", 0).died);
    CU_ASSERT_STRING_EQUAL(verdict_of(9, "x", 1).text, "Bochs was killed by signal 9");
    CU_ASSERT_PTR_NOT_NULL(strstr(verdict_of(1 << 8, "x", 1).text, "Bochs ended with status 1"));
}

/// A mark may lie across the end of the ring that keeps the tail.
static void test_wrapped(void)
{
    struct console_tail tail = {.total = CONSOLE_TAIL_BYTES + 1};
    unsigned char byte = 0;
    tail.bytes[CONSOLE_TAIL_BYTES - 1] = BOCHS_STATUS_MARK;
    tail.bytes[0] = 0x15;
    CU_ASSERT(console_tail_find_last(&tail, BOCHS_STATUS_MARK, &byte));
    CU_ASSERT_EQUAL(byte, 0x15);
    tail.total += 4 * CONSOLE_TAIL_BYTES;
    tail.bytes[CONSOLE_TAIL_BYTES - 1] = 0;
    CU_ASSERT_FALSE(console_tail_find_last(&tail, BOCHS_STATUS_MARK, &byte));
}

TEST_SUITE("bochs") = {
    {"configuration", test_config},
    {"verdict", test_verdict},
    {"a status at the end of the ring", test_wrapped},
};
