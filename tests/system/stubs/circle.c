// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Domains that call one another in a circle, each with one thread and one waitset. They get on as long
// as each dispatches it while it waits; where one does not, the deadline ends its call, and who waited
// for whom is told.
#include "stubs_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "barrelfish/blocking.h"
#include "barrelfish/deferred.h"
#include "barrelfish/nameservice_client.h"
#include "barrelfish/spawn_client.h"
#include "if/ring_defs.h"

#define MEMBERS_MOST 3u
#define NAME_BYTES 32
#define CALLS 20u
#define DEADLINE_US 300000
#define LOOKS 1000u
#define LOOK_US 10000

static struct ring_binding *next;

/// Answers when this member can pass calls on.
static errval_t on_who(struct ring_binding *binding, domainid_t *id)
{
    (void)binding;
    while (next == NULL)
        EXPECT_OK(event_dispatch(get_default_waitset()));
    *id = disp_get_domain_id();
    return SYS_ERR_OK;
}

static errval_t on_pass(struct ring_binding *binding, uint32_t further, uint32_t *passed)
{
    (void)binding;
    *passed = 0;
    errval_t err = further == 0 ? SYS_ERR_OK : ring_pass(next, further - 1, passed);
    *passed += further != 0;
    return err;
}

static errval_t on_begin(struct ring_binding *binding, uint32_t calls, uint32_t further,
                         uint32_t *passed)
{
    (void)binding;
    errval_t err = SYS_ERR_OK;
    *passed = 0;
    for (uint32_t i = 0; i < calls && err_is_ok(err); i++) {
        uint32_t more = 0;
        err = ring_pass(next, further, &more);
        *passed += more;
    }
    return err;
}

static errval_t on_connect(void *st, struct ring_binding *binding)
{
    (void)st;
    binding->rpc_rx_vtbl =
        (struct ring_rpc_rx_vtbl){.who_call = on_who, .pass_call = on_pass, .begin_call = on_begin};
    return SYS_ERR_OK;
}

/// The name of a member of the circle that the domain `id` has begun.
static void name_of(char name[NAME_BYTES], uint64_t id, unsigned member)
{
    snprintf(name, NAME_BYTES, "test_stubs.ring.%llx.%u", (unsigned long long)id, member);
}

static void offer(uint64_t id, unsigned member)
{
    char name[NAME_BYTES];
    iref_t iref;
    name_of(name, id, member);
    EXPECT_OK(ring_export_blocking(NULL, on_connect, get_default_waitset(), &iref));
    EXPECT_OK(nameservice_register(name, iref));
}

static void on_bound(void *st, errval_t err, struct ring_binding *binding)
{
    struct ring_binding **place = st;
    EXPECT_OK(err);
    if (err_is_fail(err))
        exit(EXIT_FAILURE);
    EXPECT_OK(binding->control(binding, IDC_CONTROL_DISPATCH));
    *place = binding;
}

/// To bind blocks no more than a call may: others bind to this domain meanwhile.
static void bind_member(uint64_t id, unsigned member, struct ring_binding **binding)
{
    char name[NAME_BYTES];
    iref_t iref;
    name_of(name, id, member);
    EXPECT_OK(nameservice_blocking_lookup(name, &iref));
    EXPECT_OK(ring_bind(iref, on_bound, binding, get_default_waitset(), IDC_BIND_FLAGS_DEFAULT));
    while (*binding == NULL)
        EXPECT_OK(event_dispatch(get_default_waitset()));
}

void circle_member(uint64_t what)
{
    uint64_t id = what >> 32;
    unsigned member = what & 0xff, members = what >> 8 & 0xff;
    offer(id, member);
    bind_member(id, (member + 1) % members, &next);
    messages_handler_loop();
}

static void on_done(void *arg)
{
    *(bool *)arg = true;
}

/// All members call at once, each round the circle several times.
static void expect_all_get_on(struct ring_binding *const all[], unsigned members)
{
    struct ring_begin__call calls[MEMBERS_MOST];
    bool done[MEMBERS_MOST] = {false};
    uint32_t passed[MEMBERS_MOST], own, further = 2 * members + 1;
    for (unsigned i = 1; i < members; i++)
        EXPECT_OK(ring_begin__start(all[i], &calls[i], BLOCKING_LIMIT_US,
                                    MKCLOSURE(on_done, &done[i]), CALLS, further, &passed[i]));
    EXPECT_OK(on_begin(NULL, CALLS, further, &own));
    EXPECT(own == CALLS * further);
    for (unsigned i = 1; i < members; i++) {
        while (!done[i])
            EXPECT_OK(event_dispatch(get_default_waitset()));
        EXPECT_OK(flounder_result(&calls[i].async));
        EXPECT(passed[i] == CALLS * further);
    }
}

/// This one waits for the next one's answer alone, so that the last one waits for this one. The others
/// may still be on their way to their wait when its time is over.
static void expect_circle_told(const domainid_t ids[], unsigned members)
{
    char text[256], wanted[256];
    uint32_t passed;
    int at = snprintf(wanted, sizeof(wanted), "ring.pass: %#x waits for ", ids[0]);
    for (unsigned i = 1; i < members; i++)
        at += snprintf(wanted + at, sizeof(wanted) - (size_t)at,
                       "%#x (test_stubs), which waits for ", ids[i]);
    snprintf(wanted + at, sizeof(wanted) - (size_t)at, "%#x in a circle", ids[0]);
    (void)next->control(next, IDC_CONTROL_DISPATCH_NOT);
    (void)blocking_set_limit(DEADLINE_US);
    EXPECT_ERR(ring_pass(next, members, &passed), LIB_ERR_RECV_TIMEOUT);
    for (unsigned i = 0; i == 0 || (i < LOOKS && strcmp(text, wanted) != 0); i++) {
        flounder_tell_waits(&next->stub, ring_pass_call__msgnum, text, sizeof(text));
        (void)barrelfish_usleep(LOOK_US);
    }
    (void)blocking_set_limit(0);
    if (strcmp(text, wanted) != 0)
        printf("told:   %s\nwanted: %s\n", text, wanted);
    EXPECT(strcmp(text, wanted) == 0);
    (void)next->control(next, IDC_CONTROL_DISPATCH);
}

void circle_run(const coreid_t cores[], unsigned members)
{
    uint64_t id = (uint64_t)disp_get_domain_id();
    struct capref domains[MEMBERS_MOST];
    struct ring_binding *all[MEMBERS_MOST] = {NULL};
    domainid_t ids[MEMBERS_MOST] = {disp_get_domain_id()};
    static unsigned circles;
    id |= (uint64_t)circles++ << 24; // names are not used again
    offer(id, 0);
    for (unsigned i = 1; i < members; i++) {
        char what[NAME_BYTES];
        char *argv[] = {"test_stubs", "peer", "circle", what, NULL};
        snprintf(what, sizeof(what), "%llu", (unsigned long long)(id << 32 | members << 8 | i));
        EXPECT_OK(spawn_program(cores[i], argv[0], argv, NULL, SPAWN_FLAGS_DEFAULT, &domains[i]));
    }
    for (unsigned i = 1; i < members; i++) {
        bind_member(id, i, &all[i]);
        EXPECT_OK(ring_who(all[i], &ids[i]));
    }
    next = all[1];
    expect_all_get_on(all, members);
    expect_circle_told(ids, members);
    expect_all_get_on(all, members);
    for (unsigned i = 1; i < members; i++) {
        uint8_t status;
        EXPECT_OK(spawn_kill(domains[i]));
        EXPECT_OK(spawn_wait(domains[i], &status, false));
        ring_close(all[i]);
    }
}
