// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Calls that hand the core over (LMP_FLAG_CALL), and what they cost: at most 400 instructions of
// the CPU driver for a call and its reply. Deterministic and on one core, a cycle is an
// instruction, and KERNEL_STAT_EVENT_CYCLES counts those between the two readings of the clock in
// each event. What is outside of them, from the first instruction of the entry stub to the last of
// the exit stub, is measured with sends that are refused: what one takes between two readings of
// the clock by the caller, less the caller's own instructions, less what its event counts. A send
// that is refused returns through more functions than one that hands the core over, so that this is
// an upper bound.
//   test_lrpc            the test
//   test_lrpc server     the server
//   test_lrpc bystander  a domain that wants the core too
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "barrelfish/capabilities.h"
#include "barrelfish/invocations.h"
#include "barrelfish/ram_alloc.h"
#include "lrpc_test.h"

#define ROUNDS 2000u
#define SERVICE_ROUNDS 100u
#define ROUND_TRIP_MAX 400u
#define EVENTS_MAX 4u ///< of the two readings of counters, and of timers

struct counts {
    uint64_t events, cycles;
};

static uint64_t stat(enum kernel_stat which)
{
    uint64_t value = 0;
    EXPECT_OK(invoke_kernel_stat(cap_kernel, which, &value));
    return value;
}

static struct counts counts_now(void)
{
    return (struct counts){stat(KERNEL_STAT_EVENTS), stat(KERNEL_STAT_EVENT_CYCLES)};
}

static struct counts counts_since(const struct counts *begin)
{
    struct counts end = counts_now();
    return (struct counts){end.events - begin->events, end.cycles - begin->cycles};
}

// Time of a send that is refused, REFUSED_USER instructions of the caller among it: those from the
// first RDTSC on that are before the second.
#define REFUSED_USER 6u
static uint64_t refused_send(void)
{
    uint64_t err, begin, end;
    __asm__ volatile("rdtsc\n\t"
                     "shlq $32, %%rdx\n\t"
                     "leaq (%%rax, %%rdx), %1\n\t"
                     "movq $0xff, %%rsi\n\t"
                     "movl %3, %%eax\n\t"
                     "syscall\n\t"
                     "movq %%rax, %0\n\t"
                     "rdtsc\n\t"
                     "shlq $32, %%rdx\n\t"
                     "leaq -1(%%rax, %%rdx), %2" // without the MOV
                     : "=&r"(err), "=&r"(begin), "=&r"(end)
                     : "i"(SYSCALL_LMP_SEND)
                     : "rax", "rdx", "rsi", "rdi", "rcx", "r11", "memory");
    EXPECT_ERR(err, SYS_ERR_ARGS);
    return end - begin;
}

/// Upper bound of what an event has outside of its two readings of the clock.
static uint64_t stubs_of_event(void)
{
    uint64_t total = 0;
    struct counts begin = counts_now();
    for (unsigned i = 0; i < ROUNDS; i++)
        total += refused_send() - REFUSED_USER;
    struct counts counts = counts_since(&begin);
    EXPECT(counts.events >= ROUNDS && counts.events <= ROUNDS + EVENTS_MAX);
    return (total - counts.cycles) / ROUNDS + 1;
}

static void test_count(const struct client *client)
{
    uint64_t stubs = stubs_of_event();
    struct lmp_recv_msg msg = {.words = {REQUEST_ECHO, 2, 3, 4, 5, 6, 7, 8}};
    unsigned direct = 0;
    struct counts begin = counts_now();
    for (unsigned i = 0; i < ROUNDS; i++) {
        msg.words[0] = REQUEST_ECHO;
        direct += client_call_direct(client, &msg, LMP_MSG_LENGTH);
    }
    struct counts counts = counts_since(&begin);
    uint64_t round_trip = counts.cycles / ROUNDS + 2 * stubs;
    EXPECT(direct == ROUNDS && msg.words[7] == 8 + ROUNDS);
    // Two events, and no other.
    EXPECT(counts.events >= 2 * ROUNDS && counts.events <= 2 * ROUNDS + EVENTS_MAX);
    EXPECT(round_trip > 0 && round_trip <= ROUND_TRIP_MAX);
    printf("a call and its reply: %" PRIu64 " instructions in two events, at most %" PRIu64
           " with the stubs\n",
           counts.cycles / ROUNDS, round_trip);
}

/// lmp_rpc_call() and lmp_server_run() call so, too: of the memory server nothing is seen but that.
static void test_service(void)
{
    genpaddr_t available, total;
    EXPECT_OK(ram_available(&available, &total));
    struct counts begin = counts_now();
    for (unsigned i = 0; i < SERVICE_ROUNDS; i++)
        EXPECT_OK(ram_available(&available, &total));
    struct counts counts = counts_since(&begin);
    EXPECT(counts.events >= 2 * SERVICE_ROUNDS && counts.events <= 2 * SERVICE_ROUNDS + EVENTS_MAX);
}

static void run_all(void)
{
    struct client client;
    if (!client_start(&client))
        return;
    test_words(&client);
    test_caps(&client);
    test_detours(&client);
    test_errors(&client);
    test_bystander(&client);
    test_watched(&client);
    test_told_later(&client);
    test_count(&client);
    test_untold_begin();
    test_count(&client);
    test_untold_end();
    test_service();
    client_end(&client);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "server") == 0)
        return server_main();
    if (argc > 1 && strcmp(argv[1], "bystander") == 0)
        return bystander_main();
    run_all();
    uint64_t before = test_memory_settled();
    run_all();
    EXPECT_MEMORY(before);
    return test_summary("lrpc");
}
