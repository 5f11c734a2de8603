// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The clients of the monitor: its requests, word by word, names and those who wait for them, and
// services with their queues of who wants to bind.
#include "fake_events.h"
#include "fake_services.h"
#include "testlib/testlib.h"

#include "barrelfish/blocking.h"
#include "barrelfish/nameservice_client.h"

#include <string.h>

static bool was(uint64_t op, uint64_t one, uint64_t two)
{
    const uint64_t *words = fake_last(0)->words;
    return words[0] == op && words[1] == one && words[2] == two;
}

static void monitor_requests(void)
{
    struct monitor_cores cores = {.up_count = 77};
    struct monitor_core_status status = {.apic_id = 77};
    uint64_t value = 77;
    struct capref dest = NULL_CAP;
    fake.answer = fake_answer_words;
    memcpy(fake_words, (uint64_t[8]){0, 1, 2, 3, 4, 5, 6, 7}, sizeof(fake_words));
    CU_ASSERT_EQUAL(monitor_get_cores(&cores), SYS_ERR_OK);
    CU_ASSERT_TRUE(was(MONITOR_CORES, 0, 0) && capcmp(fake_last(0)->server, cap_monitorep));
    CU_ASSERT_TRUE(cores.up[0] == 1 && cores.up[3] == 4 && cores.cores_count == 5 &&
                   cores.up_count == 6 && cores.complete);
    fake_words[7] = 0;
    CU_ASSERT_EQUAL(monitor_await_boot(&cores), SYS_ERR_OK);
    CU_ASSERT_TRUE(was(MONITOR_AWAIT_BOOT, 0, 0) && !cores.complete);
    fake_words[2] = 8 | 3ul << 32;
    CU_ASSERT_EQUAL(monitor_get_core_status(4, &status), SYS_ERR_OK);
    CU_ASSERT_TRUE(was(MONITOR_CORE_STATUS, 4, 0));
    CU_ASSERT_TRUE(status.state == MONITOR_CORE_UP && status.apic_id == 8 && status.node == 3 &&
                   status.start_tsc == 3);
    CU_ASSERT_EQUAL(monitor_get_stat(4, KERNEL_STAT_TICKS, &value), SYS_ERR_OK);
    CU_ASSERT_TRUE(was(MONITOR_STAT, 4, KERNEL_STAT_TICKS) && value == 1);
    CU_ASSERT_EQUAL(monitor_introduce(5, 6), SYS_ERR_OK);
    CU_ASSERT_TRUE(was(MONITOR_INTRODUCE, 5, 6));
    CU_ASSERT_EQUAL(monitor_forget(5), SYS_ERR_OK);
    CU_ASSERT_TRUE(was(MONITOR_FORGET, 5, 0) && capref_is_null(fake_last(0)->cap));
    CU_ASSERT_EQUAL(monitor_create_irqdest(cap_selfep, &dest), SYS_ERR_OK);
    CU_ASSERT_TRUE(was(MONITOR_IRQDEST_CREATE, 0, 0) && capcmp(fake_last(0)->cap, cap_selfep));
    CU_ASSERT_EQUAL(fake.connects, 1);
    CU_ASSERT_PTR_NOT_NULL(get_monitor_binding());
    fake_words[0] = MON_ERR_NO_CORE;
    fake_words[1] = fake_words[2] = fake_words[6] = 9;
    CU_ASSERT_EQUAL(monitor_get_cores(&cores), MON_ERR_NO_CORE);
    CU_ASSERT_EQUAL(monitor_get_core_status(4, &status), MON_ERR_NO_CORE);
    CU_ASSERT_EQUAL(monitor_get_stat(4, KERNEL_STAT_TICKS, &value), MON_ERR_NO_CORE);
    CU_ASSERT_TRUE(cores.up_count == 6 && status.apic_id == 8 && value == 1);
}

static void connects(void)
{
    fake.answer = fake_answer_words;
    fake.connect_error = SYS_ERR_CAP_NOT_FOUND;
    CU_ASSERT_EQUAL(monitor_forget(5), SYS_ERR_CAP_NOT_FOUND);
    fake.connect_error = SYS_ERR_OK;
    CU_ASSERT_EQUAL(monitor_forget(5), SYS_ERR_OK);
    CU_ASSERT_EQUAL(monitor_forget(5), SYS_ERR_OK);
    CU_ASSERT_TRUE(fake.connects == 2 && fake.count == 2);
}

static void halts(void)
{
    fake.answer = fake_answer_words;
    fake_words[0] = SYS_ERR_RIGHTS;
    CU_ASSERT_EQUAL(monitor_halt(cap_io, 7), SYS_ERR_RIGHTS);
    CU_ASSERT_TRUE(was(MONITOR_HALT, 7, 0) && capcmp(fake_last(0)->server, cap_io));
    CU_ASSERT_EQUAL(fake.destroys, 1);
    fake.connect_error = SYS_ERR_CAP_NOT_FOUND;
    CU_ASSERT_EQUAL(monitor_halt(cap_io, 7), SYS_ERR_CAP_NOT_FOUND);
    CU_ASSERT_TRUE(fake.destroys == 1 && fake.count == 1);
}

static const char longest[] = "123456789012345678901234567890123456789012345678";

static void names(void)
{
    iref_t iref = 5;
    fake.answer = fake_answer_words;
    fake_words[1] = 99;
    CU_ASSERT_EQUAL(nameservice_register("svc", 77), SYS_ERR_OK);
    CU_ASSERT_TRUE(was(MONITOR_NAME_REGISTER, 77, 'c' << 16 | 'v' << 8 | 's'));
    CU_ASSERT_EQUAL(nameservice_unregister("svc"), SYS_ERR_OK);
    CU_ASSERT_TRUE(was(MONITOR_NAME_UNREGISTER, 0, 'c' << 16 | 'v' << 8 | 's'));
    CU_ASSERT_EQUAL(nameservice_lookup(longest, &iref), SYS_ERR_OK);
    CU_ASSERT_TRUE(iref == 99 && fake_last(0)->words[0] == MONITOR_NAME_LOOKUP);
    CU_ASSERT_EQUAL(memcmp(&fake_last(0)->words[2], longest, MONITOR_NAME_BYTES), 0);
    CU_ASSERT_EQUAL(nameservice_lookup("", &iref), NS_ERR_NAME);
    CU_ASSERT_EQUAL(nameservice_lookup("1234567890123456789012345678901234567890123456789", &iref),
                    NS_ERR_NAME);
    CU_ASSERT_EQUAL(fake.count, 3);
    fake_words[0] = NS_ERR_NOT_FOUND;
    fake_words[1] = 3;
    CU_ASSERT_EQUAL(nameservice_lookup("svc", &iref), NS_ERR_NOT_FOUND);
    CU_ASSERT_EQUAL(nameservice_unregister("svc"), NS_ERR_NOT_FOUND);
    CU_ASSERT_EQUAL(iref, 99);
}

static void comes(struct monitor_wait *wait)
{
    fake_event(wait, SYS_ERR_OK, 1234, NULL_CAP);
}

static void comes_with_error(struct monitor_wait *wait)
{
    fake_event(wait, MON_ERR_LIMIT, 1234, NULL_CAP);
}

static void waits_for_names(void)
{
    iref_t iref = 5;
    fake.answer = fake_answer_words;
    fake_words[1] = 42;
    fake_events.on_wait = comes;
    CU_ASSERT_EQUAL(nameservice_blocking_lookup(longest, &iref), SYS_ERR_OK);
    CU_ASSERT_EQUAL(iref, 1234);
    CU_ASSERT_TRUE(fake_last(0)->words[0] == MONITOR_NAME_WAIT && fake_last(0)->words[1] == 0);
    CU_ASSERT_EQUAL(fake_events.deadline, BLOCKING_LIMIT_US + 1);
    fake_events.on_wait = comes_with_error;
    iref = 5;
    CU_ASSERT_EQUAL(nameservice_blocking_lookup("a", &iref), MON_ERR_LIMIT);
    fake_words[0] = MON_ERR_LIMIT;
    CU_ASSERT_EQUAL(nameservice_blocking_lookup("a", &iref), MON_ERR_LIMIT);
    fake_words[0] = SYS_ERR_OK;
    CU_ASSERT_EQUAL(nameservice_blocking_lookup("", &iref), NS_ERR_NAME);
    fake.fail_memory_in = 1;
    CU_ASSERT_EQUAL(nameservice_blocking_lookup("a", &iref), LIB_ERR_MALLOC_FAIL);
    fake_events.begin_error = LIB_ERR_MALLOC_FAIL;
    CU_ASSERT_EQUAL(nameservice_blocking_lookup("a", &iref), LIB_ERR_MALLOC_FAIL);
    CU_ASSERT_TRUE(iref == 5 && fake_events.held == 0 && fake_events.waits_count == 2);
}

/// Whoever gives up leaves a wait behind, which the next lookup of the name takes over.
static void gives_up(void)
{
    iref_t iref = 5;
    fake.answer = fake_answer_words;
    fake_words[1] = 42;
    CU_ASSERT_EQUAL(nameservice_blocking_lookup("a", &iref), LIB_ERR_LOOKUP_TIMEOUT);
    fake_words[1] = 43;
    CU_ASSERT_EQUAL(nameservice_blocking_lookup("b", &iref), LIB_ERR_LOOKUP_TIMEOUT);
    CU_ASSERT_EQUAL(nameservice_blocking_lookup("c", &iref), LIB_ERR_LOOKUP_TIMEOUT);
    CU_ASSERT_TRUE(fake.count == 3 && fake_events.held == 0 && iref == 5);
    struct monitor_wait *b = fake_events.waits[1], *c = fake_events.waits[2];
    CU_ASSERT_TRUE(b->id == 43 && b->event == MONITOR_EVENT_NAME);
    CU_ASSERT_EQUAL(nameservice_blocking_lookup("b", &iref), LIB_ERR_LOOKUP_TIMEOUT); // again
    CU_ASSERT_EQUAL(fake.count, 3);
    fake_events.on_wait = comes;
    CU_ASSERT_EQUAL(nameservice_blocking_lookup("a", &iref), SYS_ERR_OK);
    CU_ASSERT_TRUE(fake.count == 3 && fake_events.waits_count == 3 && iref == 1234);
    fake_event(b, SYS_ERR_OK, 7, NULL_CAP); // it comes when nobody waits
    fake_event(c, SYS_ERR_OK, 7, NULL_CAP);
    CU_ASSERT_EQUAL(fake_events.posts, 1);
    CU_ASSERT_EQUAL(nameservice_blocking_lookup("b", &iref), SYS_ERR_OK);
    CU_ASSERT_EQUAL(fake.count, 4);
}

static void comes_late(void)
{
    fake_event(fake_events.waits[0], SYS_ERR_OK, 88, NULL_CAP);
}

/// The name comes after the time is up, but before the thread has taken hold of events.
static void comes_just_now(void)
{
    iref_t iref = 5;
    fake.answer = fake_answer_words;
    fake_events.on_hold = comes_late;
    CU_ASSERT_EQUAL(nameservice_blocking_lookup("a", &iref), SYS_ERR_OK);
    CU_ASSERT_EQUAL(iref, 88);
}

// Services.

static struct waitset waitset;
static struct monitor_export services[2];
static struct monitor_bind_request got[MONITOR_EXPORT_QUEUE + 2];
static unsigned got_count;

static void wants_to_bind(void *st, struct monitor_bind_request *request)
{
    CU_ASSERT_PTR_EQUAL(st, &waitset);
    CU_ASSERT_EQUAL(fake_events.held, 0);
    got[got_count++] = *request;
}

static void export_both(void)
{
    iref_t iref;
    fake.answer = fake_answer_words;
    for (unsigned i = 0; i < 2; i++) {
        fake_words[1] = 70 + i;
        CU_ASSERT_EQUAL(
            monitor_export_service(&services[i], i, &waitset, wants_to_bind, &waitset, &iref),
            SYS_ERR_OK);
        CU_ASSERT_TRUE(was(MONITOR_EXPORT, i, 0) && iref == 70 + i);
    }
}

static void comes_to_bind(iref_t iref, uint64_t id)
{
    struct monitor_bind_request request = {.iref = iref, .id = id, .cap = cap_dispframe};
    CU_ASSERT_PTR_NOT_NULL_FATAL(monitor_bind_requested);
    monitor_bind_requested(&request);
}

static void dispatch(void)
{
    CU_ASSERT_PTR_EQUAL(fake_events.triggered_on, &waitset);
    fake_events.triggered.handler(fake_events.triggered.arg);
}

static void exports(void)
{
    iref_t iref = 3;
    fake.answer = fake_answer_words;
    fake_words[0] = SYS_ERR_RIGHTS;
    CU_ASSERT_EQUAL(
        monitor_export_service(&services[0], 1, &waitset, wants_to_bind, &waitset, &iref),
        SYS_ERR_RIGHTS);
    fake_events.begin_error = LIB_ERR_MALLOC_FAIL;
    CU_ASSERT_EQUAL(
        monitor_export_service(&services[0], 1, &waitset, wants_to_bind, &waitset, &iref),
        LIB_ERR_MALLOC_FAIL);
    CU_ASSERT_TRUE(iref == 3 && fake_events.held == 0);
    fake_events.begin_error = SYS_ERR_OK;
    comes_to_bind(0, 9); // of the refused one nothing is left
    CU_ASSERT_TRUE(was(MONITOR_BIND_REPLY, 9, MON_ERR_NO_IREF) && fake.destroyed == 1);
    fake_words[0] = SYS_ERR_OK;
    export_both();
    comes_to_bind(70, 1);
    CU_ASSERT_EQUAL(fake_events.triggers, 1);
    comes_to_bind(70, 2);
    CU_ASSERT_EQUAL(fake_events.triggers, 1);
    dispatch();
    CU_ASSERT_TRUE(got_count == 1 && got[0].id == 1 && fake_events.triggers == 2);
    dispatch();
    CU_ASSERT_TRUE(got_count == 2 && got[1].id == 2 && fake_events.triggers == 2);
    dispatch(); // there is nobody any more
    CU_ASSERT_EQUAL(got_count, 2);
    comes_to_bind(71, 3);
    CU_ASSERT_EQUAL(fake_events.triggers, 3);
    fake_events.begin_error = LIB_ERR_MALLOC_FAIL;
    dispatch();
    CU_ASSERT_EQUAL(got_count, 2);
    fake_events.begin_error = SYS_ERR_OK;
    dispatch();
    CU_ASSERT_TRUE(got_count == 3 && got[2].id == 3 && capcmp(got[2].cap, cap_dispframe));
}

/// Each place of the queue, after any number that were taken; then one too many.
static void queue_is_full(void)
{
    export_both();
    for (unsigned start = 0; start <= MONITOR_EXPORT_QUEUE; start++) {
        for (unsigned i = 0; i < MONITOR_EXPORT_QUEUE; i++)
            comes_to_bind(71, 100 + i);
        unsigned sent = fake.count, gone = fake.destroyed;
        comes_to_bind(71, 500);
        CU_ASSERT_TRUE(fake.count == sent + 1 && was(MONITOR_BIND_REPLY, 500, MON_ERR_LIMIT));
        CU_ASSERT_TRUE(fake.destroyed == gone + 1 && capref_is_null(fake_last(0)->cap));
        got_count = 0;
        for (unsigned i = 0; i < MONITOR_EXPORT_QUEUE; i++)
            dispatch();
        CU_ASSERT_EQUAL(got_count, MONITOR_EXPORT_QUEUE);
        for (unsigned i = 0; i < got_count; i++)
            CU_ASSERT_EQUAL(got[i].id, 100 + i);
        comes_to_bind(71, 7);
        dispatch();
    }
}

static void unexports(void)
{
    export_both();
    comes_to_bind(70, 1);
    comes_to_bind(70, 2);
    dispatch();
    comes_to_bind(70, 3);
    unsigned gone = fake.destroyed;
    fake_words[0] = MON_ERR_NO_IREF;
    CU_ASSERT_EQUAL(monitor_unexport_service(&services[0]), MON_ERR_NO_IREF);
    CU_ASSERT_TRUE(was(MONITOR_UNEXPORT, 70, 0));
    CU_ASSERT_TRUE(fake_last(1)->words[1] == 3 && fake_last(2)->words[1] == 2);
    CU_ASSERT_TRUE(fake_last(1)->words[0] == MONITOR_BIND_REPLY &&
                   fake_last(1)->words[2] == MON_ERR_NO_IREF);
    CU_ASSERT_TRUE(fake.destroyed == gone + 2 && fake_events.destroyed_chans == 1);
    comes_to_bind(70, 4);
    CU_ASSERT_TRUE(was(MONITOR_BIND_REPLY, 4, MON_ERR_NO_IREF));
    fake_words[0] = SYS_ERR_OK;
    comes_to_bind(71, 5); // the other is there still
    dispatch();
    CU_ASSERT_EQUAL(got[got_count - 1].id, 5);
    CU_ASSERT_EQUAL(monitor_unexport_service(&services[0]), SYS_ERR_OK); // twice: no harm
    fake_events.begin_error = LIB_ERR_MALLOC_FAIL;
    CU_ASSERT_EQUAL(monitor_unexport_service(&services[1]), LIB_ERR_MALLOC_FAIL);
    fake_events.begin_error = SYS_ERR_OK;
    comes_to_bind(71, 6);
    dispatch();
    CU_ASSERT_EQUAL(got[got_count - 1].id, 6);
    CU_ASSERT_EQUAL(monitor_unexport_service(&services[1]), SYS_ERR_OK);
    comes_to_bind(71, 7);
    CU_ASSERT_TRUE(was(MONITOR_BIND_REPLY, 7, MON_ERR_NO_IREF));
    CU_ASSERT_EQUAL(fake_events.held, 0);
}

static void answers(void)
{
    struct monitor_bind_request request = {.id = 5, .lmp = true, .cap = cap_dispframe};
    fake.answer = fake_answer_words;
    CU_ASSERT_EQUAL(monitor_accept_lmp(&request, cap_selfep), SYS_ERR_OK);
    CU_ASSERT_TRUE(was(MONITOR_BIND_REPLY, 5, SYS_ERR_OK) && capcmp(fake_last(0)->cap, cap_selfep));
    CU_ASSERT_EQUAL(fake.destroyed, 0);
    request.lmp = false;
    CU_ASSERT_EQUAL(monitor_accept_lmp(&request, cap_selfep), LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(fake.count, 1);
    fake_words[0] = LIB_ERR_CHAN_CLOSED;
    CU_ASSERT_EQUAL(monitor_refuse(&request, NS_ERR_NAME), LIB_ERR_CHAN_CLOSED);
    CU_ASSERT_TRUE(was(MONITOR_BIND_REPLY, 5, NS_ERR_NAME) && capref_is_null(fake_last(0)->cap));
    CU_ASSERT_TRUE(fake.destroyed == 1 && capref_is_null(request.cap));
    CU_ASSERT_EQUAL(monitor_refuse(&request, NS_ERR_NAME), LIB_ERR_CHAN_CLOSED);
    CU_ASSERT_EQUAL(fake.destroyed, 1);
}

static void accepted(struct monitor_wait *wait)
{
    fake_event(wait, SYS_ERR_OK, 0, cap_io);
}

static void accepted_without(struct monitor_wait *wait)
{
    fake_event(wait, SYS_ERR_OK, 0, NULL_CAP);
}

static void binds_over_lmp(void)
{
    struct capref remote = NULL_CAP;
    fake.answer = fake_answer_words;
    fake_words[1] = 31;
    fake_events.on_wait = accepted;
    CU_ASSERT_EQUAL(monitor_bind_lmp(70, cap_selfep, &remote), SYS_ERR_OK);
    CU_ASSERT_TRUE(was(MONITOR_BIND_LMP, 70, 0) && capcmp(fake_last(0)->cap, cap_selfep));
    CU_ASSERT_TRUE(capcmp(remote, cap_io) && fake_events.waits_count == 1);
    CU_ASSERT_EQUAL(fake_events.deadline, BLOCKING_LIMIT_US + 1);
    remote = NULL_CAP;
    fake_events.on_wait = accepted_without;
    CU_ASSERT_EQUAL(monitor_bind_lmp(70, cap_selfep, &remote), LIB_ERR_RPC_REPLY);
    fake_events.on_wait = comes_with_error;
    CU_ASSERT_EQUAL(monitor_bind_lmp(70, cap_selfep, &remote), MON_ERR_LIMIT);
    fake_events.on_wait = NULL;
    CU_ASSERT_EQUAL(monitor_bind_lmp(70, cap_selfep, &remote),
                    err_push(LIB_ERR_TIMEOUT, LIB_ERR_BIND_TIMEOUT));
    CU_ASSERT_TRUE(was(MONITOR_DISCONNECT, 31, 0));
    fake_words[0] = MON_ERR_NO_IREF;
    CU_ASSERT_EQUAL(monitor_bind_lmp(70, cap_selfep, &remote), MON_ERR_NO_IREF);
    CU_ASSERT_EQUAL(fake_events.waits_count, 4);
    fake_events.begin_error = LIB_ERR_MALLOC_FAIL;
    unsigned sent = fake.count;
    CU_ASSERT_EQUAL(monitor_bind_lmp(70, cap_selfep, &remote), LIB_ERR_MALLOC_FAIL);
    CU_ASSERT_EQUAL(monitor_bind_give_up(8, SYS_ERR_RIGHTS),
                    err_push(SYS_ERR_RIGHTS, LIB_ERR_BIND_TIMEOUT));
    CU_ASSERT_TRUE(fake.count == sent && capref_is_null(remote) && fake_events.held == 0);
}

CLIENT_TEST(monitor_requests)
CLIENT_TEST(connects)
CLIENT_TEST(halts)
CLIENT_TEST(names)
CLIENT_TEST(waits_for_names)
CLIENT_TEST(gives_up)
CLIENT_TEST(comes_just_now)
CLIENT_TEST(exports)
CLIENT_TEST(queue_is_full)
CLIENT_TEST(unexports)
CLIENT_TEST(answers)
CLIENT_TEST(binds_over_lmp)

TEST_SUITE("monitor") = {
    {"requests", test_monitor_requests},
    {"connecting", test_connects},
    {"halt", test_halts},
    {"names", test_names},
    {"waiting for names", test_waits_for_names},
    {"giving up", test_gives_up},
    {"a name that comes just now", test_comes_just_now},
    {"services", test_exports},
    {"a full queue", test_queue_is_full},
    {"a service ends", test_unexports},
    {"answers to clients", test_answers},
    {"binding over LMP", test_binds_over_lmp},
};
