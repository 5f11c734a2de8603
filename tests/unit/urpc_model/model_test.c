// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Spin on the model of the channel (urpc/model/): each search visits every state of the right
// model and finds nothing; each seeded mistake is found, and as the error that it is. Stands on
// spin and gcc. Runs from the top of the repository, in a temporary folder. Prints how many states
// each search has seen. A search has 2 GiB; one that does not fit is a failure, not a pass.
#include <stdio.h>
#include <string.h>
#include <testlib/testlib.h>

#include <scratch/scratch_tree.h>

/// The table of states grows: to begin with Spin's usual 128 MiB takes longer than most searches.
enum { DEPTH_MAX = 20000, TABLE_BITS = 20, MEMORY_KIB = 2 << 20, SEARCH_S = 300 };

/// Optimising takes longer than it saves, unless there is much to search.
#define QUICK "-DSAFETY"
#define THOROUGH "-DSAFETY -O1"

#define LOST "assertion violated (memory["
#define ASLEEP "invalid end state"
#define REPLIES "-DN=2 -DTELL=2 -DSEND_0=4 -DSEND_1=2 -DREPLY -DGREEDY"
#define REPLIES_OF_LAPS "-DN=1 -DSEND_0=3 -DSEND_1=3 -DREPLY -DGREEDY"

static const struct mistake {
    const char *name;
    const char *found; // in what the search prints
    const char *parameters;
} mistakes[] = {
    // A barrier is missing: the header overtakes the payload (I4), or the look at the peer's word
    // overtakes the own store (I10, I12).
    {"HEADER_FIRST", LOST, ""},
    {"NO_FENCE_ARM", ASLEEP, ""},
    {"NO_FENCE_SENDER", ASLEEP, ""},
    {"NO_FENCE_ROOM", ASLEEP, ""},
    {"NO_FENCE_RECEIVER", ASLEEP, ""},
    // Lines are acknowledged before they are read (I5), in either way (I6).
    {"EARLY_ACK", LOST, ""},
    {"EARLY_RIDE", "assertion violated (ride<=sent)", REPLIES},
    // The ring is looked at before the sleep is announced, and the other way round (I10).
    {"POLL_FIRST", ASLEEP, ""},
    {"FLAG_FIRST", ASLEEP, ""},
    // Each arming shows the same number (I11).
    {"SAME_NUMBER", ASLEEP, ""},
    // Nothing is acknowledged but by headers; a sender waits for more than it will be told (I7).
    {"NEVER_TOLD", ASLEEP, ""},
    {"WANT_MORE", ASLEEP, "-DN=3 -DTELL=2"},
};

static void begin(void)
{
    scratch_create();
    CU_ASSERT_EQUAL_FATAL(scratch_run("cp urpc/model/*.pml %s", scratch_root()), 0);
    if (scratch_run("spin -V") != 0)
        CU_FAIL_FATAL("spin is not installed: run platforms/setup");
}

/// The number that the first fitting line of the search's report has; -1: no line fits.
static long reported(const char *format)
{
    long number = -1;
    for (const char *line = scratch_output(); line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (sscanf(line, format, &number) == 1)
            return number;
    }
    return -1;
}

/// Searches the model with `parameters` and leaves the report in scratch_output(). Returns the
/// number of errors, or -1 if the search did not come to an end. The first error ends it. -b makes
/// a path that is longer than DEPTH_MAX an error as well, where Spin would leave the rest out.
static long search(const char *parameters, const char *compile, const char *run)
{
    int status = scratch_run(
        "cd %s && spin -a %s channel.pml && gcc -w %s -DCOLLAPSE -o pan pan.c && "
        "ulimit -v %d && timeout %d ./pan -b -m%d -w%d %s",
        scratch_root(), parameters, compile, MEMORY_KIB, SEARCH_S, DEPTH_MAX, TABLE_BITS, run);
    long errors = reported("State-vector %*d byte, depth reached %*d, errors: %ld");
    bool whole = strstr(scratch_output(), "Search not completed") == NULL;
    if (status != 0 || errors < 0 || (errors == 0 && !whole)) {
        printf("%s\n", scratch_output());
        return -1;
    }
    printf("\n    %s: states %ld, errors %ld ", parameters, reported("%ld states, stored"), errors);
    return errors;
}

static void expect_right(const char *parameters, const char *compile)
{
    long errors = search(parameters, compile, "");
    CU_ASSERT_EQUAL(errors, 0);
    if (errors > 0) {
        scratch_run("cd %s && spin -t -g -p channel.pml | tail -n 400", scratch_root());
        printf("%s\n", scratch_output());
    }
}

/// Three laps, acknowledged by the receiver's own word alone.
static void test_one_way(void)
{
    expect_right("-DN=2 -DSEND_0=6", QUICK);
}

/// Less is told, more is waited for.
static void test_told_rarely(void)
{
    expect_right("-DN=3 -DTELL=2 -DSEND_0=9", QUICK);
}

/// Acknowledgements ride in both directions; both sides sleep for messages and for room.
static void test_both_ways(void)
{
    expect_right(REPLIES, QUICK);
    expect_right("-DN=2 -DSEND_0=2 -DSEND_1=2", QUICK);
}

/// The same in three laps of each direction. With two lines that is more than 34 million states, so
/// the rings have one, which is what the code does not allow but the protocol does: each message
/// begins a lap, in the line that the last one left.
static void test_both_ways_three_laps(void)
{
    expect_right(REPLIES_OF_LAPS, THOROUGH);
}

/// The receiver leaves at any time, and the sender does not wait for it for ever.
static void test_close(void)
{
    expect_right("-DN=2 -DSEND_0=4 -DCLOSE_EARLY", QUICK);
}

/// No state comes twice on a way, so nobody is kept busy for ever.
static void test_no_cycle(void)
{
    CU_ASSERT_EQUAL(search("-DN=2 -DSEND_0=4", "-DNP", "-l"), 0);
}

static void test_mistakes(void)
{
    for (size_t i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++) {
        char parameters[128];
        snprintf(parameters, sizeof parameters, "-DMISTAKE_%s %s", mistakes[i].name,
                 mistakes[i].parameters);
        CU_ASSERT_EQUAL(search(parameters, QUICK, ""), 1);
        CU_ASSERT_PTR_NOT_NULL(strstr(scratch_output(), mistakes[i].found));
    }
}

TEST_SUITE("the model of the channel", .set_up = begin, .tear_down = scratch_remove) = {
    {"one way", test_one_way},
    {"one way, told rarely", test_told_rarely},
    {"both ways", test_both_ways},
    {"both ways, three laps", test_both_ways_three_laps},
    {"a close at any time", test_close},
    {"no cycle", test_no_cycle},
    {"each mistake is found", test_mistakes},
};
