// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The clock on hand-made traces whose time is known. An instruction is a cycle here, so that sums
// are easy; the last tests take the host's costs and the times that were measured there.
#include "clock.h"

#include "bench/mark.h"
#include "costs.h"

#include <stdio.h>
#include <string.h>

#include "testlib/testlib.h"
#include "trace.h"

enum { NEAR = 100, FAR = 300, BUSY = 10, NEXT = 40, MEMORY = 200, INTERRUPT = 1000 };

#define LINE 0x4000u
#define PAUSE_PC 0x400100u

/// Cores 0 and 1 are one node, 2 and 3 another.
static void begin(void)
{
    trace_begin(4);
    trace_model()->clock.costs = (struct clock_costs){
        .instruction = 1000,
        .near = NEAR,
        .far = FAR,
        .busy = BUSY,
        .next = NEXT,
        .memory = MEMORY,
        .interrupt = INTERRUPT,
        .mhz = 1000,
    };
    trace_model()->clock.node[2] = trace_model()->clock.node[3] = 1;
}

static uint64_t cycles(unsigned core)
{
    return trace_model()->clock.core[core].now / 1000;
}

static void test_instructions(void)
{
    begin();
    trace_run(0, 7, false);
    trace_run(0, 5, true);
    CU_ASSERT_EQUAL(cycles(0), 12);
    CU_ASSERT_EQUAL(cycles(1), 0);
    trace_end();
}

static void test_lines(void)
{
    begin();
    trace_write(0, LINE, false); // from memory
    CU_ASSERT_EQUAL(cycles(0), 1 + MEMORY);
    trace_run(0, 1, false);
    uint64_t written = cycles(0);
    trace_write(0, LINE + 8, false); // its own
    CU_ASSERT_EQUAL(cycles(0), written + 1);
    trace_read(1, LINE + 8, false);
    CU_ASSERT_EQUAL(cycles(1), written + 1 + NEAR);
    trace_read(2, LINE, false); // an earlier word of it
    CU_ASSERT_EQUAL(cycles(2), written - 1 + FAR);
    trace_run(3, 10000, false); // far behind the writing: it waits for nothing
    trace_read(3, LINE, false);
    CU_ASSERT_EQUAL(cycles(3), 10001 + BUSY);
    trace_write(0, LINE, false); // taken over from readers: the writer waits for no one
    CU_ASSERT_EQUAL(cycles(0), written + 2 + BUSY);
    trace_end();
}

/// How long core 0 writes a line that another core has written, and waits for it.
static uint64_t fenced_write(unsigned line)
{
    uint64_t start = cycles(0);
    trace_write(0, LINE + line * LINE_BYTES, false);
    trace_fence(0, "\x0f\xae\xf0", 3);
    return cycles(0) - start - 1;
}

/// What was fetched ahead a fence waits less for.
static void test_ahead(void)
{
    enum { AFAR = 64, READ = 128 };
    begin();
    for (unsigned line = 0; line < 8; line++) {
        trace_write(1, LINE + line * LINE_BYTES, false);
        trace_write(2, LINE + (AFAR + line) * LINE_BYTES, false);
    }
    trace_write(1, LINE + READ * LINE_BYTES, false);
    trace_write(1, LINE + (READ + 1) * LINE_BYTES, false);
    CU_ASSERT_EQUAL(fenced_write(0), NEAR);
    CU_ASSERT_EQUAL(fenced_write(1), NEXT);
    trace_read(0, LINE + READ * LINE_BYTES, false); // an acknowledgement, perhaps
    CU_ASSERT_EQUAL(fenced_write(2), NEXT);
    trace_read(0, LINE + (READ + 1) * LINE_BYTES, false); // an answer
    CU_ASSERT_EQUAL(fenced_write(3), NEAR);
    trace_write(0, LINE + AFAR / 2 * LINE_BYTES, false); // from memory, which breaks no row
    CU_ASSERT_EQUAL(fenced_write(4), NEXT);
    CU_ASSERT_EQUAL(fenced_write(6), NEAR);
    CU_ASSERT_EQUAL(fenced_write(5), NEAR);
    CU_ASSERT_EQUAL(fenced_write(AFAR), FAR);
    CU_ASSERT_EQUAL(fenced_write(AFAR + 1), FAR);
    trace_end();
}

/// What is waited for is when a store is there to see, and stores are so in their order.
static void test_stores(void)
{
    begin();
    trace_write(1, LINE, false);
    trace_write(2, LINE + 64, false);
    uint64_t start = 1000;
    trace_run(0, (unsigned)start, false);
    trace_write(0, LINE + 64, false); // from afar
    trace_write(0, LINE, false);      // here sooner, but not to be seen sooner
    CU_ASSERT_EQUAL(cycles(0), start + 2 + 2 * BUSY);
    trace_read(1, LINE, false);
    CU_ASSERT_EQUAL(cycles(1), start + 1 + FAR + NEAR);
    trace_fence(0, "\x0f\xae\xf0", 3); // MFENCE
    CU_ASSERT_EQUAL(cycles(0), start + 1 + FAR);
    trace_end();
}

static void test_fences(void)
{
    static const struct {
        const char *bytes;
        size_t count;
        bool fence;
    } cases[] = {
        {"\x0f\xae\xf0", 3, true},             // mfence
        {"\x0f\xae\xf8", 3, false},            // sfence
        {"\xf0\x48\x83\x0c\x24\x00", 6, true}, // lock orq $0, (%rsp)
        {"\x66\xf0\x0f\xb1\x17", 5, true},     // lock cmpxchg %dx, (%rdi)
        {"\x48\x87\x07", 3, true},             // xchg %rax, (%rdi)
        {"\x48\x87\xc7", 3, false},            // xchg %rax, %rdi
        {"\x48\x89\x07", 3, false},            // mov %rax, (%rdi)
        {"\x40", 1, false},
        {"\x87", 1, false}, // cut off
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        begin();
        trace_write(1, LINE, false);
        trace_write(0, LINE, false);
        trace_fence(0, cases[i].bytes, cases[i].count);
        CU_ASSERT_EQUAL(cycles(0), cases[i].fence ? 1 + NEAR : 2 + BUSY);
        trace_end();
    }
}

/// A receiver that polls sees the first of several stores, though it comes to look after the last.
static void test_first_of_many(void)
{
    begin();
    trace_write(0, LINE, false);
    trace_read(1, LINE, false);
    trace_run(0, 1000, false);
    trace_write(0, LINE, false);
    uint64_t first = cycles(0) - BUSY + NEAR;
    trace_run(0, 5000, false);
    trace_write(0, LINE, false);
    trace_read(1, LINE, false);
    CU_ASSERT_EQUAL(cycles(1), first + NEAR);
    trace_end();
}

/// There and back: each way is a write (which takes the line over) and the other's read.
static void round_trips(unsigned a, unsigned b, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        trace_write(a, LINE, false);
        trace_read(b, LINE, false);
        trace_write(b, LINE, false);
        trace_read(a, LINE, false);
    }
}

static void test_round_trip(void)
{
    static const unsigned partner[] = {1, 2}, distance[] = {NEAR, FAR};
    for (unsigned i = 0; i < 2; i++) {
        begin();
        round_trips(0, partner[i], 1);
        uint64_t start = cycles(0);
        round_trips(0, partner[i], 10);
        CU_ASSERT_EQUAL(cycles(0) - start, 10 * 2 * (1 + 2 * distance[i]));
        trace_end();
    }
}

/// Where a read takes the line, the answer is written into a line that is already there.
static void test_read_takes(void)
{
    begin();
    trace_model()->clock.costs.read_takes = 1;
    round_trips(0, 1, 1);
    uint64_t start = cycles(0);
    round_trips(0, 1, 10);
    CU_ASSERT_EQUAL(cycles(0) - start, 10 * 2 * (1 + NEAR));
    trace_read(2, LINE, false); // now two cores use it, and neither has it for itself
    start = cycles(2);
    trace_write(2, LINE, false);
    CU_ASSERT_EQUAL(cycles(2) - start, 1 + BUSY);
    trace_end();
}

/// Four cores work at once, and one hears of all: the longest counts, not the sum.
static void test_parallel(void)
{
    begin();
    for (unsigned core = 1; core < 4; core++) {
        trace_run(core, 1000 * core, false);
        trace_write(core, LINE + core * LINE_BYTES, false);
    }
    for (unsigned core = 1; core < 4; core++)
        trace_read(0, LINE + core * LINE_BYTES, false);
    CU_ASSERT_EQUAL(cycles(0), 3001 + MEMORY + FAR);
    trace_end();
}

static void test_polling(void)
{
    begin();
    trace_read(0, LINE, false);
    trace_run(0, 100, false); // work before the first PAUSE counts
    trace_pause(0, PAUSE_PC);
    uint64_t start = cycles(0);
    for (unsigned i = 0; i < 50; i++) {
        trace_run(0, 10, false);
        trace_read(0, LINE, false); // still its own
        trace_pause(0, PAUSE_PC);
    }
    CU_ASSERT_EQUAL(cycles(0), start);
    trace_run(1, 5000, false);
    trace_write(1, LINE, false);
    trace_read(0, LINE, false); // heard
    trace_pause(0, PAUSE_PC);
    CU_ASSERT_EQUAL(cycles(0), cycles(1) - BUSY + 2 * NEAR + 1);
    trace_end();
}

static void test_work_between_pauses(void)
{
    begin();
    trace_pause(0, PAUSE_PC);
    trace_run(0, 5000, false); // too long for a turn of polling
    trace_pause(0, PAUSE_PC);
    CU_ASSERT_EQUAL(cycles(0), 5002);
    trace_run(0, 10, false);
    trace_pause(0, PAUSE_PC + 0x100); // another loop
    CU_ASSERT_EQUAL(cycles(0), 5013);
    trace_end();
}

static void test_interrupts(void)
{
    begin();
    struct clock *clock = &trace_model()->clock;
    trace_run(0, 500, true);
    model_device_write(trace_model(), 0, 0xfee00310); // the destination: sends nothing yet
    CU_ASSERT_EQUAL(clock->sent_count, 0);
    model_device_write(trace_model(), 0, 0xfee00300);
    clock_interrupt_taken(clock, 0); // nothing for it: its own is on the way to another
    CU_ASSERT_EQUAL(cycles(0), 500);
    clock_interrupt_taken(clock, 1);
    CU_ASSERT_EQUAL(cycles(1), 500 + INTERRUPT);
    clock_interrupt_taken(clock, 2); // a device's
    CU_ASSERT_EQUAL(cycles(2), 0);
    trace_write(1, LINE, false);
    trace_write(3, LINE, false); // not there to see yet
    uint64_t stored = cycles(3) - BUSY + FAR;
    model_device_write(trace_model(), 3, 0xfee00300);
    clock_interrupt_taken(clock, 2);
    CU_ASSERT_EQUAL(cycles(2), stored + INTERRUPT);
    for (unsigned i = 0; i < CLOCK_SENT_MAX + 10; i++) {
        trace_run(0, 1, true);
        model_device_write(trace_model(), 0, 0xfee00300);
    }
    CU_ASSERT_EQUAL(clock->sent_count, CLOCK_SENT_MAX);
    clock_interrupt_taken(clock, 1); // the latest
    CU_ASSERT_EQUAL(cycles(1), 500 + CLOCK_SENT_MAX + 10 + INTERRUPT);
    trace_end();
}

/// Whatever the clocks were before, a measurement begins at one time, and is from mark to mark.
static void test_measurement(void)
{
    begin();
    trace_run(3, 100000, false);
    round_trips(0, 1, 1);
    trace_mark(0, BENCH_MARK_OP_BEGIN, BENCH_MARK_UMP);
    CU_ASSERT_EQUAL(cycles(0), 100000);
    CU_ASSERT_EQUAL(cycles(1), 100000);
    round_trips(0, 1, 1);
    trace_mark(0, BENCH_MARK_OP_ITEM, BENCH_MARK_UMP);
    trace_mark(0, BENCH_MARK_OP_END, BENCH_MARK_UMP);
    CU_ASSERT_PTR_NOT_NULL(strstr(trace_csv(), "ump,1,all,1,4,0,4,0,2,402\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(trace_csv(), "ump,1,0,1,2,0,2,0,1,402\n"));
    trace_end();
}

/// The two processors on which costs were measured, and what was measured there besides.
static const struct {
    const char *costs;
    unsigned line_trip, lines_trip; // cycles: a bare line there and back (0: polls there meet the
                                    // store on its way, which is not modelled); a line each way
    unsigned streams[2];            // of a message in a stream, and of one with a fence after each
    unsigned instructions;          // what a side executes for a message
} hosts[] = {
    {"platforms/costs/host.yaml", 405, 927, {38, 240}, 61},
    {"platforms/costs/zen-5.yaml", 0, 1230, {45, 100}, 51},
};

static void begin_host(unsigned i)
{
    struct report report = {0};
    struct costs *costs = costs_load(hosts[i].costs, &report);
    CU_ASSERT_PTR_NOT_NULL_FATAL(costs);
    trace_begin(2);
    trace_model()->clock.costs = (struct clock_costs){
        .instruction = costs->instruction,
        .near = costs->near,
        .busy = costs->busy,
        .next = costs->next,
        .memory = costs->memory,
        .read_takes = costs->read_takes,
    };
    costs_free(costs);
}

static bool within_quarter(double value, double measured)
{
    return value > 0.75 * measured && value < 1.25 * measured;
}

static void test_host_round_trips(void)
{
    for (unsigned i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
        begin_host(i);
        round_trips(0, 1, 1);
        uint64_t start = cycles(0);
        round_trips(0, 1, 1000);
        double trip = (double)(cycles(0) - start) / 1000;
        CU_ASSERT(hosts[i].line_trip == 0 || within_quarter(trip, hosts[i].line_trip));
        for (unsigned n = 0; n < 1001; n++) {
            start = n == 1 ? cycles(0) : start;
            trace_write(0, LINE, false);
            trace_read(1, LINE, false);
            trace_write(1, LINE + LINE_BYTES, false);
            trace_read(0, LINE + LINE_BYTES, false);
        }
        CU_ASSERT(within_quarter((double)(cycles(0) - start) / 1000, hosts[i].lines_trip));
        trace_end();
    }
}

enum { RING = 64, QUARTER = 16, ACKNOWLEDGEMENT = LINE + RING * LINE_BYTES };

static void send_quarter(unsigned quarter, unsigned instructions, bool fenced)
{
    trace_read(0, ACKNOWLEDGEMENT, false);
    for (unsigned i = 0; i < QUARTER; i++) {
        trace_run(0, instructions - 1, false);
        trace_write(0, LINE + (quarter * QUARTER + i) % RING * LINE_BYTES, false);
        if (fenced)
            trace_fence(0, "\x0f\xae\xf0", 3);
    }
}

static void receive_quarter(unsigned quarter, unsigned instructions)
{
    for (unsigned i = 0; i < QUARTER; i++) {
        trace_run(1, instructions - 1, false);
        trace_read(1, LINE + (quarter * QUARTER + i) % RING * LINE_BYTES, false);
    }
    trace_write(1, ACKNOWLEDGEMENT, false);
}

/// A stream through a ring of 64 lines, acknowledged by the quarter, whose sender is half a ring
/// ahead.
static double stream(unsigned host, bool fenced)
{
    enum { WARM = 8, QUARTERS = 400 };
    unsigned instructions = hosts[host].instructions;
    uint64_t start = 0;
    begin_host(host);
    send_quarter(0, instructions, fenced);
    send_quarter(1, instructions, fenced);
    for (unsigned quarter = 0; quarter < WARM + QUARTERS; quarter++) {
        start = quarter == WARM ? cycles(1) : start;
        send_quarter(quarter + 2, instructions, fenced);
        receive_quarter(quarter, instructions);
    }
    double each = (double)(cycles(1) - start) / (QUARTERS * QUARTER);
    trace_end();
    return each;
}

static void test_host_streams(void)
{
    for (unsigned host = 0; host < sizeof(hosts) / sizeof(hosts[0]); host++) {
        for (unsigned fenced = 0; fenced < 2; fenced++) {
            double each = stream(host, fenced != 0);
            CU_ASSERT(within_quarter(each, hosts[host].streams[fenced]));
            printf("%.1f cycles for a message ", each);
        }
    }
}

TEST_SUITE("clock") = {
    {"instructions", test_instructions},
    {"lines", test_lines},
    {"stores", test_stores},
    {"lines one behind the other", test_ahead},
    {"fences", test_fences},
    {"the first of many writes", test_first_of_many},
    {"round trip", test_round_trip},
    {"reads that take", test_read_takes},
    {"parallel work", test_parallel},
    {"polling", test_polling},
    {"work between pauses", test_work_between_pauses},
    {"interrupts", test_interrupts},
    {"a measurement", test_measurement},
    {"round trips on the host", test_host_round_trips},
    {"streams on the host", test_host_streams},
};
