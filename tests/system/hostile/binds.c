// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Domains that bind so as to harm others: to nothing, with large memory, again and again, and
// servers that keep what they were given. Whoever is in the way is refused; others are served.
#include <stdio.h>
#include <string.h>

#include "barrelfish/barrelfish.h"
#include "barrelfish/capabilities.h"
#include "barrelfish/console.h"
#include "barrelfish/domain.h"
#include "barrelfish/lrpc.h"
#include "barrelfish/monitor_client.h"
#include "barrelfish/nameservice_client.h"
#include "barrelfish/ram_alloc.h"
#include "barrelfish/spawn_client.h"
#include "barrelfish/ump_chan.h"
#include "cases.h"
#include "if/monitor.h"
#include "systest/systest.h"

#define SMALL_BYTES 4096u
#define MEDIUM_BYTES (32u << 10)
#define UNFIT_BYTES (512u << 10) ///< nobody needs as much to write to a console
#define LARGE_BYTES (2u << 20)
#define HUGE_BYTES (64u << 20)
#define INVALID_BINDS 20u
#define INVALID_EVENTS 4000u ///< of the core meanwhile; a huge frame alone takes as many
#define KEEPER_NAME "keeper"
#define KEPT_MAX 64u ///< more than a server may keep
#define MANY 60u     ///< more than a server is told of one by one, and its endpoint has room for
#define MANY_NAME "many"
#define HONEST_NAME "closed sides"
#define HONEST_MS 20u
#define LIMIT_BYTES (4u << 20)

static coreid_t other_core(void)
{
    return disp_get_core_id() == 0 ? 1 : 0;
}

static uint64_t events(void)
{
    uint64_t value = 0;
    (void)!invoke_kernel_stat(cap_kernelinfo, KERNEL_STAT_EVENTS, &value);
    return value;
}

static errval_t bind_raw(iref_t iref, uint64_t bytes, uint64_t *id, bool *done)
{
    struct capref frame = NULL_CAP;
    uint64_t words[LMP_MSG_LENGTH] = {MONITOR_BIND, iref, bytes, bytes};
    errval_t err = monitor_call(words, NULL_CAP, words, &frame);
    *id = words[1];
    *done = words[2] != 0;
    if (!capref_is_null(frame))
        (void)cap_destroy(frame);
    return err;
}

/// What is not there is not worked for, here and elsewhere.
static int bind_to_nothing(void)
{
    uint64_t id, before = events();
    bool done;
    for (unsigned i = 0; i < INVALID_BINDS; i++) {
        iref_t iref = IREF_MAKE(i % 2 == 0 ? disp_get_core_id() : other_core(), 15);
        if (err_no(bind_raw(iref, HUGE_BYTES, &id, &done)) != MON_ERR_NO_IREF)
            return 1;
    }
    return events() - before < INVALID_EVENTS ? 0 : HOSTILE_WENT_ON;
}

static errval_t export_raw(iref_t *iref)
{
    uint64_t words[LMP_MSG_LENGTH] = {MONITOR_EXPORT};
    errval_t err = monitor_call(words, NULL_CAP, words, NULL);
    *iref = words[1];
    return err;
}

/// Memory is made a step at a time, each of which the client asks for, and given back if it goes in
/// the midst of it.
static int bind_in_steps(void)
{
    iref_t iref;
    bool done = true;
    uint64_t id, unused;
    if (err_is_fail(export_raw(&iref)) || err_is_fail(bind_raw(iref, LARGE_BYTES, &id, &done)))
        return 1;
    unsigned steps = 0;
    while (!done && steps < 2 * LARGE_BYTES / BASE_PAGE_SIZE) {
        uint64_t words[LMP_MSG_LENGTH] = {MONITOR_BIND_MEMORY, id};
        if (err_is_fail(monitor_call(words, NULL_CAP, words, NULL)))
            return 2;
        done = words[2] != 0;
        steps++;
    }
    if (!done || steps < 16)
        return HOSTILE_WENT_ON;
    for (unsigned i = 0; i < 2; i++) { // the second time the domain ends instead
        if (err_is_fail(bind_raw(iref, LARGE_BYTES, &unused, &done)) || done)
            return 3;
        uint64_t words[LMP_MSG_LENGTH] = {MONITOR_DISCONNECT, unused};
        if (i == 0 && err_is_fail(monitor_call(words, NULL_CAP, words, NULL)))
            return 4;
    }
    uint64_t words[LMP_MSG_LENGTH] = {MONITOR_BIND_MEMORY, id};
    return err_no(monitor_call(words, NULL_CAP, words, NULL)) == LIB_ERR_CHAN_CLOSED
               ? 0
               : HOSTILE_WENT_ON;
}

static errval_t register_raw(const char *name, iref_t iref)
{
    uint64_t words[LMP_MSG_LENGTH] = {MONITOR_NAME_REGISTER, iref};
    memcpy(&words[MONITOR_NAME_WORD], name, strlen(name));
    return monitor_call(words, NULL_CAP, words, NULL);
}

static bool run_good(coreid_t core, const char *name)
{
    const char *args[] = {"child", name, NULL};
    struct test_child child = test_run_child(core, "test_hostile", args, 0);
    return child.end == TEST_END_STATUS && child.status == 0;
}

/// Clients that leave do not keep others from a server that has not heard of it yet.
static int closed_sides(void)
{
    iref_t iref;
    if (err_is_fail(export_raw(&iref)) || err_is_fail(register_raw("greedy", iref)) ||
        err_is_fail(register_raw(HONEST_NAME, iref)))
        return 1;
    for (unsigned i = 0; i < 3; i++)
        if (!run_good(disp_get_core_id(), "leaving_client"))
            return 2;
    return run_good(disp_get_core_id(), "honest_client") ? 0 : HOSTILE_WENT_ON;
}

static errval_t honest_err = SYS_ERR_OK;

static void on_bound(void *st, errval_t err, struct ump_chan *uc, struct capref notify_cap)
{
    (void)st;
    (void)uc;
    (void)notify_cap;
    honest_err = err;
}

/// Is not refused, and waits for the server; alone it finds none.
static int honest_client(void)
{
    static struct ump_chan chan;
    struct ump_bind_continuation cont = {on_bound, NULL};
    iref_t iref;
    if (err_is_fail(nameservice_lookup(HONEST_NAME, &iref)))
        return 0;
    errval_t err = ump_chan_bind(&chan, cont, NULL, iref, NULL, SMALL_BYTES, SMALL_BYTES, NULL_CAP);
    for (unsigned i = 0; i < HONEST_MS && err_is_ok(err) && err_is_ok(honest_err); i++) {
        while (err_is_ok(event_dispatch_non_block(get_default_waitset()))) {
        }
        err = barrelfish_usleep(1000);
    }
    return err_is_ok(err) && err_is_ok(honest_err) ? 0 : HOSTILE_WENT_ON;
}

/// A server that keeps the memory of channels that have ended.
static int keeper(void)
{
    struct capref cap, slot;
    struct lmp_endpoint *ep;
    iref_t iref;
    uint64_t words[LMP_MSG_LENGTH] = {MONITOR_EVENTS};
    if (err_is_fail(endpoint_create(16, &cap, &ep)) || err_is_fail(slot_alloc(&slot)))
        return 1;
    lmp_endpoint_set_recv_slot(ep, slot);
    if (err_is_fail(monitor_call(words, cap, words, NULL)) || err_is_fail(export_raw(&iref)) ||
        err_is_fail(register_raw(KEEPER_NAME, iref)))
        return 2;
    for (;;) {
        struct lmp_recv_msg msg = LMP_RECV_MSG_INIT;
        struct capref frame = NULL_CAP;
        if (err_is_fail(lrpc_wait(ep, &msg, &frame)))
            return 3;
        if (msg.words[0] != MONITOR_EVENT_BIND)
            continue;
        uint64_t reply[LMP_MSG_LENGTH] = {MONITOR_BIND_REPLY, msg.words[1]};
        if (err_is_fail(monitor_call(reply, NULL_CAP, reply, NULL)) ||
            err_is_fail(slot_alloc(&slot)))
            return 4;
        lmp_endpoint_set_recv_slot(ep, slot);
    }
}

static errval_t bind_and_close(iref_t iref, size_t bytes)
{
    static struct ump_chan chan;
    errval_t err = ump_chan_bind_blocking(&chan, iref, bytes, bytes);
    if (err_is_ok(err))
        ump_chan_close(&chan);
    return err;
}

/// It is refused to such a server's clients, and to them only, before anything comes to its end.
static int foreign_keeper(void)
{
    char *argv[] = {"test_hostile", "child", "keeper", NULL};
    struct capref domain;
    iref_t iref, console;
    uint8_t status;
    errval_t err = spawn_program(other_core(), argv[0], argv, NULL, SPAWN_FLAGS_DEFAULT, &domain);
    if (err_is_fail(err) || err_is_fail(nameservice_blocking_lookup(KEEPER_NAME, &iref)) ||
        err_is_fail(nameservice_blocking_lookup(CONSOLE_NAME, &console)))
        return 1;
    unsigned count = 0;
    while (err_is_ok(err) && count < KEPT_MAX) {
        err = bind_and_close(iref, SMALL_BYTES);
        count += err_is_ok(err);
    }
    bool refused = err_no(err) == MON_ERR_LIMIT && count > 1;
    bool others =
        err_is_ok(bind_and_close(console, SMALL_BYTES)) && run_good(disp_get_core_id(), "modest");
    if (err_is_fail(spawn_kill(domain)) || err_is_fail(spawn_wait(domain, &status, false)))
        return 2;
    return refused && others ? 0 : HOSTILE_WENT_ON;
}

static struct ump_chan many[MANY];
static unsigned many_count;

static void on_many(void *st, struct monitor_bind_request *request)
{
    (void)st;
    if (many_count == MANY || err_is_fail(ump_chan_accept(&many[many_count], request)))
        return;
    many_count++;
}

/// All the channels of a client end at once; a server hears of each.
static int many_end(void)
{
    static struct monitor_export service;
    char *argv[] = {"test_hostile", "child", "many_client", NULL};
    struct capref domain;
    iref_t iref;
    uint8_t status;
    if (err_is_fail(
            monitor_export_service(&service, 0, get_default_waitset(), on_many, NULL, &iref)) ||
        err_is_fail(nameservice_register(MANY_NAME, iref)) ||
        err_is_fail(
            spawn_program(disp_get_core_id(), argv[0], argv, NULL, SPAWN_FLAGS_DEFAULT, &domain)))
        return 1;
    while (err_no(spawn_wait(domain, &status, true)) == LIB_ERR_NO_EVENT) {
        while (err_is_ok(event_dispatch_non_block(get_default_waitset()))) {
        }
        if (err_is_fail(barrelfish_usleep(1000)))
            return 2;
    }
    if (status != 0 || many_count == 0)
        return 3;
    for (unsigned i = 0; i < many_count; i++) {
        volatile struct ump_message *message;
        while (err_no(ump_chan_recv(&many[i], &message)) != LIB_ERR_CHAN_CLOSED)
            if (err_is_fail(barrelfish_usleep(1000))) // for ever, if it does not
                return 4;
        ump_chan_close(&many[i]);
    }
    return 0;
}

static int many_client(void)
{
    static struct ump_chan chans[MANY];
    iref_t iref;
    if (err_is_fail(nameservice_lookup(MANY_NAME, &iref)))
        return 0;
    errval_t err = SYS_ERR_OK;
    for (unsigned i = 0; i < MANY && err_is_ok(err); i++)
        err = ump_chan_bind_blocking(&chans[i], iref, SMALL_BYTES, SMALL_BYTES);
    return err_is_ok(err) || err_no(err) == MON_ERR_LIMIT ? 0 : 1; // of its family's share there
}

/// Channels count against the client's limit, and what it cannot be charged for it does not get.
static int limited_client(void)
{
    char *argv[] = {"test_hostile", "child", "limited", NULL};
    struct capref domain;
    uint8_t status = 1;
    errval_t err = spawn_program_with_limit(disp_get_core_id(), argv[0], argv, NULL, LIMIT_BYTES,
                                            SPAWN_FLAGS_DEFAULT, &domain);
    if (err_is_ok(err))
        err = spawn_wait(domain, &status, false);
    return err_is_ok(err) && status == 0 ? 0 : HOSTILE_WENT_ON;
}

static errval_t ask_over_ump(struct ump_chan *chan, uint64_t words[UMP_PAYLOAD_WORDS])
{
    volatile struct ump_message *answer;
    errval_t err = ump_chan_send_blocking(chan, words, 0);
    if (err_is_ok(err))
        err = ump_chan_recv_blocking(chan, &answer);
    if (err_is_ok(err)) {
        words[1] = answer->data[1];
        err = answer->data[0];
    }
    return err;
}

/// Whether a domain that is asked for as those of other cores ask counts on the own limit too.
static bool pays_for_child(void)
{
    static struct ump_chan chan;
    static const char strings[] = "test_hostile\0child\0sleeper";
    struct ram_account account = {.limited = false};
    uint64_t words[UMP_PAYLOAD_WORDS] = {SPAWND_STRINGS, (uint64_t)sizeof(strings) << 32};
    memcpy(&words[SPAWND_PIECE_WORD], strings, sizeof(strings));
    errval_t err = ump_chan_bind_blocking(&chan, IREF_MAKE(disp_get_core_id(), IREF_INDEX_SPAWND),
                                          SMALL_BYTES, SMALL_BYTES);
    if (err_is_ok(err))
        err = ask_over_ump(&chan, words);
    uint64_t spawn[UMP_PAYLOAD_WORDS] = {SPAWND_SPAWN, 3};
    if (err_is_ok(err))
        err = ask_over_ump(&chan, spawn);
    if (err_no(err) == LIB_ERR_RAM_ALLOC_LIMIT)
        return true; // It does, and there is not enough left.
    domainid_t child = (domainid_t)spawn[1];
    return err_is_ok(err) && err_is_ok(ram_get_account(child, &account)) && account.limited &&
           err_is_ok(spawn_kill(spawn_domain_cap(child)));
}

static int limited(void)
{
    static struct ump_chan chan;
    iref_t console, spawnd = IREF_MAKE(other_core(), IREF_INDEX_SPAWND);
    if (err_is_fail(nameservice_lookup(CONSOLE_NAME, &console)))
        return 1;
    errval_t err = ump_chan_bind_blocking(&chan, console, LIMIT_BYTES, LIMIT_BYTES);
    if (err_no(err) != LIB_ERR_RAM_ALLOC_LIMIT)
        return 2;
    err = ump_chan_bind_blocking(&chan, spawnd, SMALL_BYTES, SMALL_BYTES);
    if (err_no(err) != MON_ERR_SPAWN_LIMITED)
        return 3;
    if (!pays_for_child())
        return 5;
    for (unsigned i = 0; i < 2 * LIMIT_BYTES / MEDIUM_BYTES; i++) // given back each time
        if (err_is_fail(bind_and_close(console, MEDIUM_BYTES)))
            return 4;
    return err_no(bind_and_close(console, UNFIT_BYTES)) == LIB_ERR_BIND_REFUSED ? 0 : 6;
}

const struct hostile_case hostile_binds[] = {
    GOES_ON(bind_to_nothing), GOES_ON(bind_in_steps),  GOES_ON(closed_sides),
    GOES_ON(honest_client),   GOES_ON(foreign_keeper), GOES_ON(many_end),
    GOES_ON(many_client),     GOES_ON(limited_client), HOSTILE_END,
};

/// What the above start; by itself each would wait for ever or find no limit.
const struct hostile_case hostile_helpers[] = {
    HANGS(keeper),
    ENDS(limited),
    HOSTILE_END,
};
