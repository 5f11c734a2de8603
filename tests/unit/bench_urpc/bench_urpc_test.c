// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// bench-urpc: its command line; every kind of channel for a few rounds, with the contents right;
// a kind that loses a word, which must be found; and what the program prints, complete and in
// order. Nothing here says how long anything may take.
#include "options.h"
#include "report.h"
#include "rounds.h"
#include "testlib/testlib.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#define ARGS(...)                                                                                  \
    (char *[])                                                                                     \
    {                                                                                              \
        "bench-urpc", __VA_ARGS__, NULL                                                            \
    }
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static enum options_result parse(char **argv, struct options *options)
{
    int argc = 0;
    while (argv[argc] != NULL)
        argc++;
    optind = 0; // getopt starts anew
    return options_parse(argc, argv, options);
}

static void test_options(void)
{
    struct options o;
    CU_ASSERT_EQUAL(parse(ARGS("--csv"), &o), OPTIONS_OK);
    CU_ASSERT(o.csv && o.costs == NULL && o.cores[0] == -1 && o.rounds == 0 && o.lines == 64);
    CU_ASSERT_EQUAL(parse(ARGS("--cores", "3,1", "--rounds", "7", "--lines", "128", "--seconds",
                               "9", "--costs", "f"),
                          &o),
                    OPTIONS_OK);
    CU_ASSERT(o.cores[0] == 3 && o.cores[1] == 1 && o.rounds == 7 && o.lines == 128);
    CU_ASSERT(o.seconds == 9 && strcmp(o.costs, "f") == 0 && !o.csv);
    CU_ASSERT_EQUAL(parse(ARGS("--help"), &o), OPTIONS_HELP);
    char **bad[] = {
        ARGS("--cores", "1"),   ARGS("--cores", "1,1"),      ARGS("--cores", "1,2,3"),
        ARGS("--cores", "a,b"), ARGS("--rounds", "0"),       ARGS("--rounds", "1x"),
        ARGS("--rounds", "-1"), ARGS("--lines", "63"),       ARGS("--lines", "2"),
        ARGS("--lines", ""),    ARGS("--seconds", "999999"), ARGS("--costs"),
        ARGS("surplus"),        ARGS("--nonsense"),
    };
    for (size_t i = 0; i < COUNT(bad); i++)
        CU_ASSERT_EQUAL(parse(bad[i], &o), OPTIONS_BAD);
}

/// Measures one kind for a few rounds; tells whether all contents were right.
static bool contents_right(const struct channel_kind *kind, enum shape shape, size_t slots)
{
    struct measurement m = {.kind = kind, .shape = shape};
    struct rounds rounds = {.list = &m, .count = 1, .rounds = 3, .cores = {0, 0}, .slots = slots};
    m.per_round = shape == SHAPE_TRIP ? kind->trips : kind->messages;
    CU_ASSERT_PTR_NULL_FATAL(rounds_run(&rounds));
    CU_ASSERT_EQUAL(rounds.rounds, 3);
    bool right = m.wrong == 0;
    rounds_drop(&rounds);
    return right;
}

static void test_contents(void)
{
    for (size_t i = 0; channel_kinds[i] != NULL; i++) {
        for (size_t slots = 3; slots <= 63; slots += 60) {
            CU_ASSERT(channel_kinds[i]->ping == NULL ||
                      contents_right(channel_kinds[i], SHAPE_TRIP, slots));
            CU_ASSERT(channel_kinds[i]->produce == NULL ||
                      contents_right(channel_kinds[i], SHAPE_STREAM, slots));
        }
    }
}

/// What of each of a kind's channels has been passed, and how many of them are open.
static struct place {
    uint64_t passed;
} places[CHANNEL_PLACES];
static size_t places_open;

static bool place_open(struct channel *channel, size_t slots)
{
    (void)slots;
    places[places_open].passed = 0;
    *channel = (struct channel){{&places[places_open], &places[places_open]}, NULL};
    places_open++;
    return true;
}

static void place_close(struct channel *channel)
{
    places_open -= channel->end[0] != NULL;
}

static uint64_t place_pass(void *end, uint64_t first, uint64_t count)
{
    struct place *place = end;
    uint64_t wrong = first ^ place->passed;
    place->passed = first + count;
    return wrong;
}

/// Three rounds with two channels: the first has two of them, each goes on where it stopped.
static void test_places(void)
{
    const struct channel_kind kind = {.name = "places",
                                      .messages = 5,
                                      .places = 2,
                                      .open = place_open,
                                      .close = place_close,
                                      .produce = place_pass};
    CU_ASSERT(contents_right(&kind, SHAPE_STREAM, 63));
    CU_ASSERT_EQUAL(places_open, 0);
    CU_ASSERT_EQUAL(places[0].passed, 10);
    CU_ASSERT_EQUAL(places[1].passed, 5);
}

static struct channel_kind spoilt;

/// Sends the second message with the number of the first, as a channel does that repeats one.
static uint64_t produce_twice(void *end, uint64_t first, uint64_t count)
{
    return urpc_copy_kind.produce(end, first, 1) | urpc_copy_kind.produce(end, first, count - 1);
}

static uint64_t ping_ahead(void *end, uint64_t first, uint64_t count)
{
    return urpc_copy_kind.ping(end, first + 1, count);
}

static void test_wrong_contents(void)
{
    spoilt = urpc_copy_kind;
    spoilt.produce = produce_twice;
    spoilt.ping = ping_ahead;
    CU_ASSERT_FALSE(contents_right(&spoilt, SHAPE_STREAM, 63));
    CU_ASSERT_FALSE(contents_right(&spoilt, SHAPE_TRIP, 63));
    uint64_t words[MESSAGE_WORDS];
    for (unsigned i = 0; i < MESSAGE_WORDS; i++) {
        words_fill(words, 5);
        CU_ASSERT_EQUAL(words_wrong(words, 5), 0);
        words[i] ^= 1;
        CU_ASSERT_NOT_EQUAL(words_wrong(words, 5), 0);
    }
}

/// Runs the program; returns its exit status, and what it printed in `text`.
static int run(const char *args, char *text, size_t size)
{
    char command[256];
    snprintf(command, sizeof(command), "build/bench-urpc %s 2>/dev/null", args);
    FILE *out = popen(command, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    size_t length = fread(text, 1, size - 1, out);
    text[length] = '\0';
    int status = pclose(out);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static const char *const rows[] = {
    "round trip,line,",
    "round trip,two-lines,",
    "round trip,two-rows,",
    "round trip,urpc,",
    "round trip,urpc-in-place,",
    "round trip,minimal,",
    "round trip,ck-64,",
    "round trip,ck-56,",
    "round trip,pipe,",
    "round trip,line-pause,",
    "round trip,two-lines-pause,",
    "round trip,two-rows-pause,",
    "round trip,urpc-pause,",
    "round trip,urpc-in-place-pause,",
    "round trip,minimal-pause,",
    "round trip,ck-64-pause,",
    "round trip,line-relaxed,",
    "round trip,two-lines-relaxed,",
    "round trip,two-rows-relaxed,",
    "round trip,urpc-relaxed,",
    "stream,lines,",
    "stream,urpc,",
    "stream,urpc-in-place,",
    "stream,minimal,",
    "stream,ck-64,",
    "stream,ck-56,",
    "stream,pipe,",
    "stream,urpc-batch,",
    "stream,urpc-flushed,",
    "stream,lines-pause,",
    "stream,urpc-pause,",
    "stream,urpc-in-place-pause,",
    "stream,minimal-pause,",
    "stream,ck-64-pause,",
};

static void test_csv(void)
{
    static char text[16384];
    CU_ASSERT_EQUAL_FATAL(run("--rounds 2 --lines 16 --csv", text, sizeof(text)), 0);
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *row = strstr(text, rows[i]);
        CU_ASSERT_PTR_NOT_NULL(row);
        unsigned from, to, capacity, rounds, items;
        double min, median, p99;
        const char *rest = row == NULL ? "" : strchr(strchr(row, ',') + 1, ',');
        int read = sscanf(rest, ",%u,%u,%u,%u,%u,cycles,%lf,%lf,%lf,", &from, &to, &capacity,
                          &rounds, &items, &min, &median, &p99);
        CU_ASSERT_EQUAL(read, 8);
        CU_ASSERT(read < 8 || (capacity == 15 && rounds == 2 && items > 0));
        CU_ASSERT(read < 8 || (min > 0 && min <= median && median <= p99));
    }
    size_t lines = 0, commas = 0;
    for (const char *c = text; *c != '\0'; c++) {
        lines += *c == '\n';
        commas += *c == ',';
    }
    CU_ASSERT_EQUAL(lines, COUNT(rows) + 1);
    CU_ASSERT_EQUAL(commas, 17 * lines);
}

static void test_text(void)
{
    static char text[16384];
    CU_ASSERT_EQUAL(run("--rounds 2", text, sizeof(text)), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\nround trip "));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\nstream "));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "Polled without a pause: the ring's round"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "Polled with one: the ring's round trip is "));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "Polled by urpc_relax(): the ring's round trip is "));
    CU_ASSERT_PTR_NULL(strstr(text, " 0.00 of that")); // no limit is missing
    CU_ASSERT_EQUAL(run("--help", text, sizeof(text)), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "--costs"));
    CU_ASSERT_EQUAL(run("--lines 5", text, sizeof(text)), 2);
    CU_ASSERT_EQUAL(run("--cores 0,1023", text, sizeof(text)), 1);
}

/// What is in the file of costs the tests of stave-boot see, which takes it.
static void test_costs(void)
{
    static char text[16384];
    CU_ASSERT_EQUAL(run("--rounds 2 --csv --costs /dev/null", text, sizeof(text)), 0);
    CU_ASSERT_PTR_NULL(strstr(text, ",read,")); // the table has channels only
    CU_ASSERT_EQUAL(run("--costs build/no/such/directory", text, sizeof(text)), 1);
}

/// Other work on the core in most rounds must not make an instruction dearer. Lines have no such
/// best case: some are nearer than others, so theirs is the median.
static void test_costs_disturbed(void)
{
    cycles_t instruction[] = {9000, 1000, 9000}, lines[] = {300, 100, 900};
    struct measurement list[] = {
        {.kind = &instruction_kind, .shape = SHAPE_TRIP, .per_round = 10000, .times = instruction},
        {.kind = &read_kind, .shape = SHAPE_TRIP, .per_round = 1, .times = lines},
        {.kind = &take_kind, .shape = SHAPE_TRIP, .per_round = 1, .times = lines},
    };
    struct rounds rounds = {.list = list, .count = COUNT(list), .rounds = 3, .ticks_per_ms = 1e6};
    struct result results[COUNT(list)];
    char text[4096];
    FILE *out = tmpfile();
    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    report_sum_up(&rounds, results);
    report_costs(&rounds, results, out);
    rewind(out);
    text[fread(text, 1, sizeof(text) - 1, out)] = '\0';
    fclose(out);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\ninstruction: 100\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\nnear: 300\n"));
}

TEST_SUITE("bench-urpc") = {
    {"the command line", test_options},
    {"every kind of channel carries its contents", test_contents},
    {"channels take turns", test_places},
    {"wrong contents are found", test_wrong_contents},
    {"the CSV is complete", test_csv},
    {"the table, the help and exit statuses", test_text},
    {"costs are beside the table", test_costs},
    {"an instruction costs the same on a busy core", test_costs_disturbed},
};
