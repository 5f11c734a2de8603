// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Domains that try to take from the services, or from their peers, what these stand on, or that do
// not take what these send.
#include <stdio.h>
#include <string.h>

#include "barrelfish/barrelfish.h"
#include "barrelfish/capabilities.h"
#include "barrelfish/console.h"
#include "barrelfish/lmp_endpoints.h"
#include "barrelfish/lmp_rpc.h"
#include "barrelfish/monitor_client.h"
#include "barrelfish/nameservice_client.h"
#include "barrelfish/ram_alloc.h"
#include "barrelfish/spawn_client.h"
#include "barrelfish/terminal_client.h"
#include "barrelfish/ump_chan.h"
#include "cases.h"
#include "if/console_defs.h"
#include "if/mem_serv.h"
#include "if/monitor.h"
#include "if/spawnd.h"

#define CHANNEL_BYTES 4096u
#define EVENTS 7u ///< one less than a family may ask of another core at once, of sixteen
#define PRINTS 1000u
#define GARBAGE_ROUNDS 100u
#define GARBAGE_LINES 50u
#define GARBAGE_STEP 40503u
#define CONSOLE_CHANNELS 8u ///< more than a domain can have
#define SAMPLES 3u
#define SLEEP_US 300000u
#define WAKES_MAX 60u   ///< of the monitor in that time
#define CONNECTIONS 64u ///< the first of a core, with those of shell and console among them
#define GIFT_PARTS 100u
#define GIFT_COPIES 200u
#define GIFT_EVENTS 2000u ///< of the core while spawnd answers; to delete the gift takes 5,000

/// The frame of a channel is mapped by the server too: revoking it would take the server's memory
/// away.
static int revoke_channel(void)
{
    static struct ump_chan chan;
    iref_t iref;
    if (err_is_fail(nameservice_blocking_lookup(CONSOLE_NAME, &iref)) ||
        err_is_fail(ump_chan_bind_blocking(&chan, iref, CHANNEL_BYTES, CHANNEL_BYTES)))
        return 1;
    errval_t frame_err = cap_revoke(chan.frame);
    errval_t notify_err = capref_is_null(chan.notify) ? SYS_ERR_RIGHTS : cap_revoke(chan.notify);
    bool refused = err_no(frame_err) == SYS_ERR_RIGHTS && err_no(notify_err) == SYS_ERR_RIGHTS;
    ump_chan_close(&chan);
    return refused ? 0 : HOSTILE_WENT_ON;
}

/// The operator's endpoint is what halts the machine, not any endpoint of the monitor.
static int halt_machine(void)
{
    uint64_t words[LMP_MSG_LENGTH] = {MONITOR_HALT, 0};
    errval_t err = monitor_call(words, NULL_CAP, words, NULL);
    return err_no(err) == SYS_ERR_RIGHTS ? 0 : HOSTILE_WENT_ON;
}

/// What only the core's spawnd and monitor may ask for, or whoever has spawned a domain. The memory
/// server comes last: it answers to this connection then, and no longer to the library's.
static int ask_privileged(void)
{
    domainid_t self = disp_get_domain_id(), spawnd = (self & ~UINT16_MAX) | DOMAIN_SPAWND;
    const uint64_t of_monitor[][LMP_MSG_LENGTH] = {
        {MONITOR_INTRODUCE, spawnd, self},
        {MONITOR_FORGET, spawnd},
    };
    const uint64_t of_mem_serv[][LMP_MSG_LENGTH] = {
        {MEM_SERV_INFO, self},
        {MEM_SERV_CHARGE, 0, BASE_PAGE_SIZE, spawnd},
        {MEM_SERV_LIMIT, spawnd, 0},
        {MEM_SERV_RECLAIM, self, BASE_PAGE_SIZE},
        {MEM_SERV_LEND, spawnd, BASE_PAGE_SIZE},
        {MEM_SERV_UNLEND, self, 0},
        {MEM_SERV_FORGET, self},
        {MEM_SERV_FORGET, self, 1},
    };
    uint64_t words[LMP_MSG_LENGTH];
    struct spawn_domain_info other = {0};
    struct lmp_rpc rpc;
    if (err_is_fail(spawn_list_next(0, &other)) || other.id == 0)
        return 1;
    bool refused = err_no(spawn_kill(spawn_domain_cap(other.id))) == SYS_ERR_RIGHTS;
    for (size_t i = 0; i < sizeof(of_monitor) / sizeof(of_monitor[0]); i++) {
        errval_t err = monitor_call(of_monitor[i], NULL_CAP, words, NULL);
        refused = refused && err_no(err) == SYS_ERR_RIGHTS;
    }
    if (err_is_fail(lmp_rpc_init(&rpc, cap_memservep)))
        return 2;
    for (size_t i = 0; i < sizeof(of_mem_serv) / sizeof(of_mem_serv[0]) && refused; i++) {
        errval_t err = lmp_rpc_call(&rpc, of_mem_serv[i], NULL_CAP, words, NULL);
        refused = err_no(err) == SYS_ERR_RIGHTS;
    }
    return refused ? 0 : HOSTILE_WENT_ON;
}

/// Connections of others: this domain has none, for it has not printed.
static int use_others_connections(void)
{
    static const uint64_t ops[] = {MONITOR_CHECK, MONITOR_NOTIFY_RELAY, MONITOR_DISCONNECT};
    bool refused = true;
    for (uint64_t n = 0; n < sizeof(ops) / sizeof(ops[0]) * CONNECTIONS && refused; n++) {
        uint64_t id = (uint64_t)disp_get_core_id() << 32 | (n % CONNECTIONS + 1);
        uint64_t words[LMP_MSG_LENGTH] = {ops[n / CONNECTIONS], id};
        refused = err_no(monitor_call(words, NULL_CAP, words, NULL)) == LIB_ERR_CHAN_CLOSED;
    }
    return refused ? 0 : HOSTILE_WENT_ON;
}

/// Takes one event after the other; false if there is none.
static bool take_event(struct lmp_endpoint *ep, uint64_t *number)
{
    struct lmp_recv_msg msg = LMP_RECV_MSG_INIT;
    if (err_is_fail(lmp_endpoint_recv(ep, &msg.buf, NULL)))
        return false;
    *number = msg.words[1];
    return msg.words[0] == MONITOR_EVENT_NAME;
}

/// How often the core goes to another domain while this one sleeps: least and most of some samples,
/// because the test's parent has work of its own on it, less if the host is busy.
static bool count_wakes(uint64_t *least, uint64_t *most)
{
    coreid_t core = disp_get_core_id();
    *least = UINT64_MAX;
    *most = 0;
    for (unsigned i = 0; i < SAMPLES; i++) {
        uint64_t before, after;
        if (err_is_fail(monitor_get_stat(core, KERNEL_STAT_SWITCHES, &before)) ||
            err_is_fail(barrelfish_usleep(SLEEP_US)) ||
            err_is_fail(monitor_get_stat(core, KERNEL_STAT_SWITCHES, &after)))
            return false;
        *least = after - before < *least ? after - before : *least;
        *most = after - before > *most ? after - before : *most;
    }
    return true;
}

/// Its buffer is full for a while. Neither does its monitor keep the core awake meanwhile, nor is
/// anything lost.
static int events_not_taken(void)
{
    struct capref cap;
    struct lmp_endpoint *ep;
    uint64_t numbers[EVENTS], number, quiet, stuck, unused;
    uint64_t words[LMP_MSG_LENGTH] = {MONITOR_EVENTS};
    if (err_is_fail(endpoint_create(1, &cap, &ep)) ||
        err_is_fail(monitor_call(words, cap, words, NULL)) || !count_wakes(&unused, &quiet))
        return 1;
    for (unsigned i = 0; i < EVENTS; i++) {
        uint64_t wait[LMP_MSG_LENGTH] = {MONITOR_NAME_WAIT};
        memcpy(&wait[MONITOR_NAME_WORD], CONSOLE_NAME, strlen(CONSOLE_NAME));
        if (err_is_fail(monitor_call(wait, NULL_CAP, wait, NULL)))
            return 2;
        numbers[i] = wait[1];
    }
    if (!count_wakes(&stuck, &unused))
        return 3;
    if (stuck > quiet + WAKES_MAX)
        return HOSTILE_WENT_ON;
    for (unsigned i = 0; i < EVENTS; i++) {
        while (!take_event(ep, &number))
            if (err_is_fail(barrelfish_usleep(1000)))
                return 4;
        if (number != numbers[i])
            return 5;
    }
    return 0;
}

/// Prints as fast as it can, past the console: all but a bounded part of it is left out.
static int print_flood(void)
{
    char line[64];
    size_t unused;
    memset(line, '#', sizeof(line));
    line[sizeof(line) - 1] = '\n';
    for (unsigned i = 0; i < PRINTS; i++)
        if (err_is_fail(sys_print(line, sizeof(line))))
            return 1;
    // And the CPU driver prints for nobody who has no Kernel to write.
    errval_t err = invoke_kernel_print(cap_kernelinfo, line, sizeof(line), &unused);
    return err_no(err) == SYS_ERR_RIGHTS &&
                   err_is_fail(invoke_kernel_print(cap_kernel, line, sizeof(line), &unused))
               ? 0
               : HOSTILE_WENT_ON;
}

/// Lines of a client of the console, until it closes the binding: what it knows, first with words that
/// may be right and answers that are never taken, and what it does not know.
static void say_garbage(struct console_binding *binding, unsigned round)
{
    uint64_t number = round % 16 < 8 ? 1 + round % 8 : round * GARBAGE_STEP % 256;
    errval_t err = SYS_ERR_OK;
    for (uint64_t i = 0; i < GARBAGE_LINES && err_is_ok(err); i++) {
        uint64_t word = i < GARBAGE_LINES / 2 ? i % 3 : i * GARBAGE_STEP;
        const uint64_t words[UMP_PAYLOAD_WORDS] = {word, word, word, word, word, word, word};
        unsigned call = (unsigned)(i + round) % 128;
        unsigned whole = round % 5 != 0 ? FLOUNDER_WHOLE : 0;
        err = ump_chan_send(&binding->stub.chan, words,
                            (uint16_t)(FLOUNDER_CTRL(number, call) | whole));
    }
}

/// Bindings that say nothing, and such as do: a domain has only few.
static bool has_share(iref_t iref)
{
    static struct ump_chan silent[CONSOLE_CHANNELS];
    struct console_binding *bindings[CONSOLE_CHANNELS];
    unsigned silent_count = 0, count = 0;
    while (silent_count < CONSOLE_CHANNELS &&
           err_is_ok(
               ump_chan_bind_blocking(&silent[silent_count], iref, CHANNEL_BYTES, CHANNEL_BYTES)))
        silent_count++;
    for (unsigned i = 0; i < silent_count; i++)
        ump_chan_close(&silent[i]);
    (void)terminal_flush(); // the console has seen that they are closed
    while (count < CONSOLE_CHANNELS &&
           err_is_ok(console_bind_blocking(iref, get_default_waitset(), IDC_BIND_FLAG_UMP,
                                           &bindings[count])))
        count++;
    for (unsigned i = 0; i < count; i++)
        console_close(bindings[i]);
    return silent_count > 0 && silent_count < CONSOLE_CHANNELS && count > 0 &&
           count < CONSOLE_CHANNELS;
}

/// Messages that the console knows nothing of, with lengths that cannot be, and requests over
/// requests whose answers are never taken. The console goes on, for this domain too.
static int console_garbage(void)
{
    struct console_binding *binding;
    iref_t iref;
    if (err_is_fail(nameservice_blocking_lookup(CONSOLE_NAME, &iref)))
        return 1;
    for (unsigned round = 0; round < GARBAGE_ROUNDS; round++) {
        if (err_is_fail(
                console_bind_blocking(iref, get_default_waitset(), IDC_BIND_FLAG_UMP, &binding)))
            return 2;
        say_garbage(binding, round);
        console_close(binding);
        (void)terminal_flush();
    }
    bool served =
        printf("console_garbage: the console goes on\n") > 0 && err_is_ok(terminal_flush());
    return has_share(iref) && served ? 0 : HOSTILE_WENT_ON;
}

/// Takes the keyboard from whoever has it: nobody gives it, so this waits.
static int take_foreground(void)
{
    char key[16];
    (void)terminal_set_foreground(disp_get_domain_id());
    (void)terminal_read_raw(key, sizeof(key), NULL);
    return HOSTILE_WENT_ON;
}

/// A capability space with many capabilities, of which nobody but the receiver has a copy then.
static bool send_large(struct lmp_rpc *rpc, struct capref frame)
{
    struct cnoderef all, part;
    struct capref gift, cap;
    uint64_t words[LMP_MSG_LENGTH] = {SPAWND_ARGCAP, 0};
    bool made = err_is_ok(cnode_create_l2(&gift, &all));
    for (cslot_t i = 0; i < GIFT_PARTS && made; i++) {
        made = err_is_ok(cnode_create_l2(&cap, &part));
        for (cslot_t j = 0; j < GIFT_COPIES && made; j++)
            made = err_is_ok(cap_copy((struct capref){part, j}, frame));
        made = made && err_is_ok(cap_copy((struct capref){all, i}, cap)) &&
               err_is_ok(cap_destroy(cap));
    }
    return made && err_is_ok(lmp_rpc_call(rpc, words, gift, words, NULL)) &&
           err_is_ok(cap_destroy(gift));
}

/// Has a domain started with a large gift and one that is revoked meanwhile, so that it cannot be
/// started: the answer does not come when all of it has been deleted, but at once.
static int large_gift(void)
{
    struct lmp_rpc rpc;
    struct capref frame;
    uint64_t before, after;
    uint64_t words[LMP_MSG_LENGTH] = {SPAWND_STRINGS, sizeof("test_child") << 32};
    memcpy(&words[SPAWND_PIECE_WORD], "test_child", sizeof("test_child"));
    if (err_is_fail(lmp_rpc_init(&rpc, cap_spawndep)) ||
        err_is_fail(frame_alloc(&frame, BASE_PAGE_SIZE, NULL)) ||
        err_is_fail(lmp_rpc_call(&rpc, words, NULL_CAP, words, NULL)) || !send_large(&rpc, frame))
        return 1;
    uint64_t argcap[LMP_MSG_LENGTH] = {SPAWND_ARGCAP, 1}, spawn[LMP_MSG_LENGTH] = {SPAWND_SPAWN, 1};
    if (err_is_fail(frame_alloc(&frame, BASE_PAGE_SIZE, NULL)) ||
        err_is_fail(lmp_rpc_call(&rpc, argcap, frame, argcap, NULL)) ||
        err_is_fail(cap_revoke(frame)) ||
        err_is_fail(invoke_kernel_stat(cap_kernelinfo, KERNEL_STAT_EVENTS, &before)) ||
        err_is_ok(lmp_rpc_call(&rpc, spawn, NULL_CAP, spawn, NULL)) ||
        err_is_fail(invoke_kernel_stat(cap_kernelinfo, KERNEL_STAT_EVENTS, &after)))
        return 2;
    return after - before < GIFT_EVENTS ? 0 : HOSTILE_WENT_ON;
}

const struct hostile_case hostile_services[] = {
    GOES_ON(print_flood),      GOES_ON(console_garbage),
    HANGS(take_foreground),    GOES_ON(revoke_channel),
    GOES_ON(halt_machine),     GOES_ON(large_gift),
    GOES_ON(ask_privileged),   GOES_ON(use_others_connections),
    GOES_ON(events_not_taken), HOSTILE_END,
};
