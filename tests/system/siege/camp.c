// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The camp of a core: starts and ends the hostile domain there, as test_siege tells it. It sleeps
// otherwise.
//   test_camp                 the camp, in the background
//   test_camp hostile ATTACK  a hostile domain
//   test_camp taker DOMAIN    a child of one, which takes all that it can get
//   test_camp sleeper         one that does nothing
#include "siege.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "barrelfish/barrelfish.h"
#include "barrelfish/capabilities.h"
#include "barrelfish/deferred.h"
#include "barrelfish/domain.h"
#include "barrelfish/lrpc.h"
#include "barrelfish/monitor_client.h"
#include "barrelfish/nameservice_client.h"
#include "barrelfish/spawn_client.h"
#include "barrelfish/ump_chan.h"
#include "bench/mark.h"

#define POLL_US 1000u

static struct ump_chan chan;
static bool connected;
static struct capref hostile;
static struct capref argcn; ///< of hostile domains: the endpoint where they say that they are ready
static struct lmp_endpoint *ready;

static void be_hostile(const struct siege_attack *attack)
{
    const struct capref camp = {cnode_arg, 0};
    const uint64_t words[LMP_MSG_LENGTH] = {attack->occupy()};
    (void)lmp_send(camp, 0, NULL_CAP, 1, words);
    bench_mark_aside(BENCH_MARK_CALL);
    for (;;)
        attack->rage();
}

static int be_sleeper(void)
{
    messages_handler_loop();
}

/// Until its parent has ended, perhaps on another core, where the camp could not kill it. What it
/// needs for that it has before it takes all that it can.
static int be_taker(domainid_t parent)
{
    uint8_t status;
    errval_t err = spawn_wait(spawn_domain_cap(parent), &status, true);
    siege_take_tables();
    return err_no(err) == LIB_ERR_NO_EVENT
               ? err_is_fail(spawn_wait(spawn_domain_cap(parent), &status, false))
               : 1;
}

/// Returns when the hostile domain has got all that it can.
static bool begin(uint64_t number)
{
    char *argv[] = {(char *)disp_name(), "hostile", (char *)siege_attack_names[number], NULL};
    struct lmp_recv_msg msg = LMP_RECV_MSG_INIT;
    return err_is_ok(spawn_program_with_caps(disp_get_core_id(), argv[0], argv, NULL, NULL_CAP,
                                             argcn, SPAWN_FLAGS_DEFAULT, &hostile)) &&
           err_is_ok(lrpc_wait(ready, &msg, NULL)) && msg.words[0] != 0;
}

/// Those of this program that run on a core beside its camp. The local ones are killed: they are
/// the camp's, whose parent has ended.
static unsigned others(coreid_t core)
{
    struct spawn_domain_info info;
    domainid_t from = (domainid_t)core << 16 | 1;
    unsigned count = 0;
    for (; err_is_ok(spawn_list_next(from, &info)) && info.id != 0; from = info.id + 1) {
        bool ours = strcmp(info.name, disp_name()) == 0 && info.id != disp_get_domain_id();
        count += ours;
        if (ours && core == disp_get_core_id())
            (void)!spawn_kill(spawn_domain_cap(info.id));
    }
    return count - (core != disp_get_core_id());
}

static bool end(void)
{
    uint8_t status;
    struct monitor_cores cores;
    bool ended = err_is_ok(spawn_kill(hostile)) && err_is_ok(spawn_wait(hostile, &status, false)) &&
                 err_is_ok(monitor_get_cores(&cores));
    for (unsigned core = 0; ended && core < cores.cores_count; core++)
        while (others((coreid_t)core) > 0)
            (void)!barrelfish_usleep(POLL_US);
    return ended;
}

static void on_connect(void *st, struct monitor_bind_request *request)
{
    (void)st;
    connected = err_is_ok(ump_chan_accept(&chan, request));
}

/// Until test_siege has ended.
static void serve(void)
{
    volatile struct ump_message *message;
    while (err_is_ok(ump_chan_recv_blocking(&chan, &message))) {
        uint64_t answer[UMP_PAYLOAD_WORDS] = {
            message->data[0] == SIEGE_BEGIN ? begin(message->data[1]) : end()};
        if (err_is_fail(ump_chan_send_blocking(&chan, answer, 0)))
            return;
    }
}

static int be_camp(void)
{
    static struct monitor_export service;
    char name[32];
    iref_t iref;
    snprintf(name, sizeof(name), SIEGE_CAMP_NAME " %u", disp_get_core_id());
    errval_t err = cnode_create_l2(&argcn, NULL);
    if (err_is_ok(err)) {
        const struct capref slot = {build_cnoderef(argcn, CNODE_LEVEL_OTHER), 0};
        err = lmp_endpoint_create_in_slot(1, slot, &ready);
    }
    if (err_is_ok(err))
        err = monitor_export_service(&service, 0, get_default_waitset(), on_connect, NULL, &iref);
    if (err_is_ok(err))
        err = nameservice_register(name, iref);
    while (err_is_ok(err)) {
        err = event_dispatch(get_default_waitset());
        if (connected) {
            serve();
            return 0;
        }
    }
    return 1;
}

static const struct siege_attack *find(const char *name)
{
    const struct {
        const struct siege_attack *attacks;
        size_t count;
    } tables[] = {
        {siege_attacks, siege_attacks_count},
        {siege_service_attacks, siege_service_attacks_count},
        {siege_family_attacks, siege_family_attacks_count},
    };
    for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++) {
        for (size_t i = 0; i < tables[t].count; i++)
            if (strcmp(tables[t].attacks[i].name, name) == 0)
                return &tables[t].attacks[i];
    }
    return NULL;
}

int main(int argc, char **argv)
{
    if (argc > 2 && strcmp(argv[1], "hostile") == 0) {
        const struct siege_attack *attack = find(argv[2]);
        if (attack != NULL)
            be_hostile(attack);
        return 1;
    }
    if (argc > 2 && strcmp(argv[1], "taker") == 0)
        return be_taker((domainid_t)strtoul(argv[2], NULL, 10));
    return argc > 1 && strcmp(argv[1], "sleeper") == 0 ? be_sleeper() : be_camp();
}
