// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Boot modules that are no proper ELF files: `test_malformed BAD WILD`. Modules bad-0 to
// bad-(BAD-1) must be refused; wild-0 to wild-(WILD-1) are proper files with random bytes changed,
// which may also start and then do whatever they do. The host's part that makes them is
// host/malformed.c.
#include <stdio.h>

#include "barrelfish/domain.h"
#include "systest/systest.h"

#define WILD_LIMIT_MS 100u

static void run_all(unsigned bad, unsigned wild)
{
    char name[16];
    for (unsigned i = 0; i < bad; i++) {
        snprintf(name, sizeof(name), "bad-%u", i);
        struct test_child child = test_run_child(disp_get_core_id(), name, NULL, 1000);
        if (!EXPECT(child.end == TEST_END_NO_SPAWN)) {
            printf("  %s was started\n", name);
        }
        EXPECT(err_no(child.err) == SPAWN_ERR_LOAD || err_no(child.err) == ELF_ERR_HEADER);
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
    unsigned wild = (unsigned)test_argument(argc, argv, 2, 0);
    run_all(bad, wild);
    uint64_t before = test_memory_settled();
    run_all(bad, wild);
    EXPECT_MEMORY(before);
    return test_summary("malformed");
}
