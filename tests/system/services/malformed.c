// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Boot modules that are no proper programs: `test_malformed BAD WILD`. Modules bad-0 to
// bad-(BAD-1) must be refused, each with what is wrong with it; wild-0 to wild-(WILD-1) are proper files with random bytes changed,
// which may also start and then do whatever they do. The host's part that makes them is
// host/malformed.c.
#include <stdio.h>

#include "barrelfish/domain.h"
#include "barrelfish/err.h"
#include "systest/systest.h"

#define WILD_LIMIT_MS 100u

/// In the order in which the host makes them.
static const enum err_code reasons[] = {
    ELF_ERR_EMPTY,        ELF_ERR_TRUNCATED, ELF_ERR_MAGIC,        ELF_ERR_32_BIT,
    ELF_ERR_MACHINE,      ELF_ERR_PIE,       ELF_ERR_PHDRS,        ELF_ERR_PHDRS,
    ELF_ERR_TRUNCATED,    ELF_ERR_PHDRS,     ELF_ERR_ENTRY,        ELF_ERR_ENTRY,
    ELF_ERR_TRUNCATED,    ELF_ERR_TRUNCATED, ELF_ERR_MEMSZ,        ELF_ERR_OUTSIDE_USER,
    ELF_ERR_OUTSIDE_USER, ELF_ERR_OVERLAP,   ELF_ERR_OUTSIDE_USER, ELF_ERR_WRITE_EXECUTE,
    ELF_ERR_OUTSIDE_USER, ELF_ERR_TRUNCATED, ELF_ERR_FOREIGN,
};

static void run_all(unsigned bad, unsigned wild)
{
    char name[16];
    for (unsigned i = 0; i < bad; i++) {
        snprintf(name, sizeof(name), "bad-%u", i);
        struct test_child child = test_run_child(disp_get_core_id(), name, NULL, 1000);
        if (!EXPECT(child.end == TEST_END_NO_SPAWN))
            printf("  %s was started\n", name);
        enum err_code reason = err_no(child.err >> ERR_CODE_BITS);
        if (!EXPECT(err_no(child.err) == SPAWN_ERR_LOAD && reason == reasons[i]))
            printf("  %s: %s\n", name, err_getstring(child.err >> ERR_CODE_BITS));
    }
    for (unsigned i = 0; i < wild; i++) {
        snprintf(name, sizeof(name), "wild-%u", i);
        struct test_child child = test_run_child(disp_get_core_id(), name, NULL, WILD_LIMIT_MS);
        EXPECT(child.end != TEST_END_NO_SPAWN || err_no(child.err) == SPAWN_ERR_LOAD);
    }
    EXPECT(test_run_child(disp_get_core_id(), "no-such-module", NULL, 0).end == TEST_END_NO_SPAWN);
    EXPECT_SERVICES(disp_get_core_id());
}

int main(int argc, char **argv)
{
    unsigned bad = (unsigned)test_argument(argc, argv, 1, 0);
    EXPECT(bad <= sizeof(reasons) / sizeof(reasons[0]));
    unsigned wild = (unsigned)test_argument(argc, argv, 2, 0);
    run_all(bad, wild);
    uint64_t before = test_memory_settled();
    run_all(bad, wild);
    EXPECT_MEMORY(before);
    return test_summary("malformed");
}
