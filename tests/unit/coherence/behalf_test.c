// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// For whom instructions are counted: hand-made traces for H0 to H5.
#include "behalf.h"

#include "bench/mark.h"

#include <stdlib.h>
#include <string.h>

#include <testlib/testlib.h>

#define HEAD "region,items,client,services,driver\n"
#define PLACE 0x1000u // of a message
#define OTHER_PLACE 0x2000u

enum { CLIENT = 1, HOSTILE, SERVICE };

static struct images images;
static struct behalf behalf;
static char *text;
static size_t text_bytes;

static void begin(void)
{
    behalf_begin(&behalf, &images, open_memstream(&text, &text_bytes));
    behalf_mark(&behalf, BENCH_MARK_OP_BEGIN, CLIENT);
}

static void end_region(void)
{
    behalf_mark(&behalf, BENCH_MARK_OP_END, CLIENT);
}

/// Ends the region: it has this row, the last one.
static void expect(const char *row)
{
    end_region();
    behalf_finish(&behalf);
    CU_ASSERT_STRING_EQUAL(text + strlen(HEAD), row);
    fclose(behalf.out);
    free(text);
    behalf_free(&behalf);
}

static void run_as(unsigned core, int image, enum behalf_role role, unsigned count)
{
    const struct behalf_block block = {image, role, count};
    behalf_execute(&behalf, core, &block);
}

static void run(int image, unsigned count)
{
    run_as(0, image, BEHALF_ANY, count);
}

static void access_as(unsigned core, int image, enum behalf_role role, uint64_t paddr)
{
    const struct behalf_block block = {image, role, 1};
    behalf_access(&behalf, core, &block, paddr, 8, role == BEHALF_SENDS || role == BEHALF_DEFERS);
}

/// The CPU driver delivers what the program that runs sends, and the service takes it.
static void send(int from, uint64_t paddr)
{
    run(from, 1);
    run(IMAGE_CPUDRIVER, 0);
    access_as(0, IMAGE_CPUDRIVER, BEHALF_SENDS, paddr);
}

static void take(uint64_t paddr)
{
    run(SERVICE, 0);
    access_as(0, SERVICE, BEHALF_TAKES, paddr);
}

static void test_others(void)
{
    begin();
    run(CLIENT, 3);
    run(IMAGE_CPUDRIVER, 10); // H3
    run(HOSTILE, 100);
    run(IMAGE_CPUDRIVER, 200);
    run(IMAGE_NONE, 400); // as before
    run(SERVICE, 1000);   // it has taken nothing
    behalf_mark(&behalf, BENCH_MARK_OP_ITEM, CLIENT);
    behalf_mark(&behalf, BENCH_MARK_OP_ITEM, CLIENT);
    expect("1,2,3,0,10\n");
}

static void test_messages(void)
{
    begin();
    send(CLIENT, PLACE);
    send(HOSTILE, OTHER_PLACE);
    take(OTHER_PLACE);
    run(SERVICE, 100);
    take(PLACE); // H2
    run(SERVICE, 10);
    run(IMAGE_CPUDRIVER, 20);
    run(HOSTILE, 1000); // has interrupted it
    run(SERVICE, 3);
    run_as(0, SERVICE, BEHALF_WAITS, 7);
    run(SERVICE, 100);
    expect("1,0,1,13,20\n");
}

/// H5, of one that calls a service whenever it comes back from a call of its own.
static void test_aside(void)
{
    begin();
    behalf_mark(&behalf, BENCH_MARK_OP_ASIDE, HOSTILE);
    run(CLIENT, 1);
    run(IMAGE_CPUDRIVER, 10);
    run_as(0, HOSTILE, BEHALF_CALLS, 100);
    run(IMAGE_CPUDRIVER, 200);
    run_as(0, SERVICE, BEHALF_CALLS, 1000);
    expect("1,0,1,0,10\n");
}

/// What the service itself has written, like how far it has read, says nothing.
static void test_own_words(void)
{
    begin();
    send(CLIENT, PLACE);
    take(PLACE);
    access_as(0, SERVICE, BEHALF_SENDS, OTHER_PLACE);
    run_as(0, SERVICE, BEHALF_WAITS, 1);
    take(OTHER_PLACE);
    run(SERVICE, 100);
    expect("1,0,1,0,0\n");
}

/// A service of the same program on another core works for whom this one does.
static void test_cores(void)
{
    begin();
    send(CLIENT, PLACE);
    take(PLACE);
    access_as(0, SERVICE, BEHALF_SENDS, OTHER_PLACE);
    run_as(1, SERVICE, BEHALF_ANY, 0);
    access_as(1, SERVICE, BEHALF_TAKES, OTHER_PLACE);
    run_as(1, SERVICE, BEHALF_ANY, 5);
    run_as(1, IMAGE_CPUDRIVER, BEHALF_ANY, 2);
    run_as(1, IMAGE_CPUDRIVER, BEHALF_IDLES, 100);
    run_as(1, IMAGE_CPUDRIVER, BEHALF_ANY, 100); // an interrupt
    run_as(2, SERVICE, BEHALF_ANY, 100);
    expect("1,0,1,5,2\n");
}

/// An access that is told too late is nobody's.
static void test_late(void)
{
    begin();
    send(CLIENT, PLACE);
    take(PLACE);
    run(HOSTILE, 1);
    send(HOSTILE, OTHER_PLACE);
    access_as(0, SERVICE, BEHALF_TAKES, OTHER_PLACE);
    run(SERVICE, 5);
    expect("1,0,1,5,0\n");
}

/// H4: a call whose words stay in registers, and the answer.
static void test_calls(void)
{
    begin();
    run(HOSTILE, 1);
    run(IMAGE_CPUDRIVER, 1);
    run_as(0, SERVICE, BEHALF_CALLS, 100);
    run(CLIENT, 2);
    run(IMAGE_CPUDRIVER, 4);
    run_as(0, SERVICE, BEHALF_CALLS, 8);
    run_as(0, SERVICE, BEHALF_CALLS, 16);
    run(IMAGE_CPUDRIVER, 32);
    run(CLIENT, 64);
    expect("1,0,66,24,36\n");
}

static void begin_wait(void)
{
    run_as(0, SERVICE, BEHALF_WAITS, 0);
}

/// H2: what the service puts off while it works for the client, and takes up after others' events.
static void test_put_off(void)
{
    begin();
    send(CLIENT, PLACE);
    take(PLACE);
    access_as(0, SERVICE, BEHALF_DEFERS, OTHER_PLACE);
    begin_wait();
    run(SERVICE, 100);
    access_as(0, SERVICE, BEHALF_DEFERS, OTHER_PLACE + 8); // for nobody
    access_as(0, SERVICE, BEHALF_RESUMES, OTHER_PLACE);
    run(SERVICE, 10);
    access_as(0, SERVICE, BEHALF_RESUMES, OTHER_PLACE + 8);
    run(SERVICE, 1000);
    access_as(0, SERVICE, BEHALF_RESUMES, OTHER_PLACE); // it was taken up before
    run(SERVICE, 10000);
    expect("1,0,1,10,0\n");
}

/// Entries of a queue are small: two neighbours are put off for different ones.
static void test_neighbours(void)
{
    const struct behalf_block defers = {SERVICE, BEHALF_DEFERS, 1};
    const struct behalf_block resumes = {SERVICE, BEHALF_RESUMES, 1};
    begin();
    send(CLIENT, PLACE);
    take(PLACE);
    behalf_access(&behalf, 0, &defers, OTHER_PLACE, 2, true);
    begin_wait();
    run(SERVICE, 1);
    behalf_access(&behalf, 0, &defers, OTHER_PLACE + 2, 2, true);
    behalf_access(&behalf, 0, &resumes, OTHER_PLACE, 2, false);
    run(SERVICE, 10);
    expect("1,0,1,10,0\n");
}

/// H4: a message that waited in a queue is written into a ring while the service works for another.
static void test_passed(void)
{
    const struct behalf_block writes = {SERVICE, BEHALF_PASSES, 1};
    begin();
    send(CLIENT, PLACE);
    take(PLACE);
    access_as(0, SERVICE, BEHALF_DEFERS, OTHER_PLACE); // the queue
    begin_wait();
    run(SERVICE, 100);
    access_as(0, SERVICE, BEHALF_PASSES, OTHER_PLACE);
    behalf_access(&behalf, 0, &writes, 2 * OTHER_PLACE, 8, true);
    run(SERVICE, 1000);
    run_as(1, SERVICE, BEHALF_ANY, 0);
    access_as(1, SERVICE, BEHALF_TAKES, 2 * OTHER_PLACE);
    run_as(1, SERVICE, BEHALF_ANY, 5);
    expect("1,0,1,5,0\n");
}

/// What lies where a message was taken from says nothing about who looks there again.
static void test_taken(void)
{
    begin();
    send(CLIENT, PLACE);
    take(PLACE);
    begin_wait();
    take(PLACE);
    run(SERVICE, 100);
    expect("1,0,1,0,0\n");
}

/// H0: the service gets to it in the next region. The client between the two is nobody's.
static void test_afterwards(void)
{
    begin();
    send(CLIENT, PLACE);
    end_region();
    run(CLIENT, 100);
    run(IMAGE_CPUDRIVER, 100);
    behalf_mark(&behalf, BENCH_MARK_OP_BEGIN, CLIENT);
    run(CLIENT, 2);
    take(PLACE);
    run(SERVICE, 10);
    run(IMAGE_CPUDRIVER, 20);
    expect("1,0,1,10,20\n2,0,2,0,0\n");
}

static void test_roles(void)
{
    struct images driver = {0};
    CU_ASSERT_FATAL(images_add(&driver, "build/cpudriver.elf"));
    uint64_t deliver = images_address(&driver, IMAGE_CPUDRIVER, "lmp_deliver");
    CU_ASSERT_EQUAL(behalf_role(&driver, IMAGE_CPUDRIVER, deliver), BEHALF_SENDS);
    CU_ASSERT_EQUAL(behalf_role(&driver, IMAGE_CPUDRIVER, deliver - 1), BEHALF_ANY);
    CU_ASSERT_EQUAL(behalf_role(&driver, IMAGE_NONE, deliver), BEHALF_ANY);
    CU_ASSERT_STRING_EQUAL(behalf_missing(&driver), "lmp_endpoint_recv"); // and other domains'
    images_free(&driver);

    struct images programs = {0}; // the second: a service
    CU_ASSERT_FATAL(images_add(&programs, "build/cpudriver.elf"));
    CU_ASSERT_FATAL(images_add(&programs, "build/domains/spawnd"));
    uint64_t wait = images_address(&programs, 1, "event_dispatch");
    CU_ASSERT_EQUAL(behalf_role(&programs, 1, wait), BEHALF_WAITS);
    CU_ASSERT_EQUAL(behalf_role(&programs, 1, wait + 1), BEHALF_ANY); // the event's, by now
    images_free(&programs);
}

TEST_SUITE("behalf") = {
    {"the client's and others'", test_others},
    {"a service and its messages", test_messages},
    {"a service's own words", test_own_words},
    {"programs aside", test_aside},
    {"cores", test_cores},
    {"accesses told late", test_late},
    {"calls in registers", test_calls},
    {"what is put off", test_put_off},
    {"neighbours", test_neighbours},
    {"messages from a queue", test_passed},
    {"messages taken", test_taken},
    {"after a region's end", test_afterwards},
    {"functions", test_roles},
};
