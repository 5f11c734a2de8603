// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Capabilities over a channel: both sides send each other messages with some, in order with the
// words; what the monitor refuses; and that all comes back when a side ends with some on their way.
//   test_travel CORE COUNT [ROUNDS]   to a peer on CORE, COUNT messages each way, killed ROUNDS times
//   test_travel peer NAME WHAT COUNT  the peer
#include <stdlib.h>
#include <string.h>

#include "barrelfish/barrelfish.h"
#include "barrelfish/capabilities.h"
#include "barrelfish/deferred.h"
#include "barrelfish/slot_alloc.h"
#include "barrelfish/vspace_common.h"
#include "peers.h"

#define SIZES 5u // of frames, so that each says which one it is

static unsigned caps_of(uint64_t number)
{
    return (unsigned)(number % (UMP_CAPS_MAX + 1));
}

static size_t bytes_of(uint64_t number)
{
    return (1 + number % SIZES) * BASE_PAGE_SIZE;
}

/// Sends one message with its capabilities, if there is room.
static bool send(struct ump_chan *chan, uint64_t number)
{
    static uint64_t frames;
    uint64_t words[UMP_PAYLOAD_WORDS] = {number, frames};
    struct capref frame;
    if (!ump_chan_has_cap_room(chan, caps_of(number)))
        return false;
    errval_t err = ump_chan_send(chan, words, 0); // before its capabilities: they are waited for
    if (err_no(err) == LIB_ERR_UMP_FULL)
        return false;
    EXPECT_OK(err);
    for (unsigned i = 0; i < caps_of(number); i++, frames++) {
        bool gives = frames % 2 == 0;
        void *buffer;
        if (!EXPECT_OK(frame_alloc(&frame, bytes_of(frames), NULL)) ||
            !EXPECT_OK(vspace_map_one_frame(&buffer, bytes_of(frames), frame, NULL, NULL)))
            return true;
        *(volatile uint64_t *)buffer = frames;
        EXPECT_OK(vspace_unmap(buffer));
        EXPECT_OK(ump_chan_send_cap(chan, frame, gives));
        if (!gives)
            EXPECT_OK(cap_destroy(frame));
    }
    return true;
}

static void check_frame(struct capref frame, uint64_t number)
{
    struct capability info = {.type = ObjType_Null};
    void *buffer;
    EXPECT_OK(cap_identify(frame, &info));
    EXPECT(info.type == ObjType_Frame && info.bytes == bytes_of(number));
    EXPECT((info.rights & CAPRIGHTS_GRANT) == (number % 2 == 0 ? CAPRIGHTS_GRANT : 0));
    if (EXPECT_OK(vspace_map_one_frame(&buffer, bytes_of(number), frame, NULL, NULL))) {
        EXPECT(*(volatile uint64_t *)buffer == number);
        EXPECT_OK(vspace_unmap(buffer));
    }
    EXPECT_OK(cap_destroy(frame));
}

/// Receives one message with its capabilities, if both are there.
static bool receive(struct ump_chan *chan, uint64_t wanted)
{
    static uint64_t first;
    static bool has_words;
    volatile struct ump_message *message;
    struct capref frames[UMP_CAPS_MAX];
    unsigned count = caps_of(wanted);
    if (!has_words) {
        if (err_is_fail(ump_chan_recv(chan, &message)))
            return false;
        EXPECT(message->data[0] == wanted);
        first = message->data[1];
    }
    has_words = !ump_chan_await_caps(chan, count);
    if (has_words)
        return false;
    EXPECT_OK(ump_chan_take_caps(chan, count, frames));
    for (unsigned i = 0; i < count; i++)
        check_frame(frames[i], first + i);
    return true;
}

static void wait(struct ump_chan *chan, bool sends, bool receives)
{
    struct waitset ws = WAITSET_INITIALIZER;
    if (receives)
        EXPECT_OK(ump_chan_register_recv(chan, &ws, NOP_CLOSURE));
    if (sends)
        EXPECT_OK(ump_chan_register_send(chan, &ws, NOP_CLOSURE));
    EXPECT_OK(event_dispatch(&ws));
    (void)ump_chan_deregister_recv(chan);
    (void)ump_chan_deregister_send(chan);
}

static void exchange(struct ump_chan *chan, uint64_t count)
{
    uint64_t sent = 0, received = 0;
    while ((sent < count || received < count) && test_failures() == 0) {
        bool any = false;
        for (; sent < count && send(chan, sent); sent++)
            any = true;
        for (; received < count && receive(chan, received); received++)
            any = true;
        if (!any)
            wait(chan, sent < count, received < count);
    }
    // A domain's memory goes with it, also what it has given away on its core.
    volatile struct ump_message *last;
    EXPECT_OK(ump_chan_send_blocking(chan, (uint64_t[UMP_PAYLOAD_WORDS]){0}, 0));
    EXPECT_OK(ump_chan_recv_blocking(chan, &last));
}

/// As many as go, which nobody takes, unless the other side has ended.
static void flood(struct ump_chan *chan)
{
    struct capref frame;
    errval_t err = SYS_ERR_OK;
    for (unsigned i = 0; i <= UMP_CAPS_MAX && err_is_ok(err); i++) {
        EXPECT_OK(frame_alloc(&frame, BASE_PAGE_SIZE, NULL));
        err = ump_chan_send_cap(chan, frame, true);
        EXPECT(err_no(err) == (i < UMP_CAPS_MAX ? SYS_ERR_OK : LIB_ERR_UMP_FULL) ||
               (chan->server && err_no(err) == LIB_ERR_CHAN_CLOSED));
    }
    EXPECT_OK(cap_destroy(frame));
}

static errval_t ask(enum monitor_op op, uint64_t id, uint64_t value, uint64_t flags,
                    struct capref cap)
{
    uint64_t words[LMP_MSG_LENGTH] = {op, id, value, flags};
    return monitor_call(words, cap, words, NULL);
}

/// What a domain may not, the monitor refuses; what does not cross cores is named.
static void refusals(struct ump_chan *chan, bool here)
{
    struct capref frame, ram, copy;
    EXPECT_OK(frame_alloc(&frame, BASE_PAGE_SIZE, NULL));
    EXPECT_OK(ram_alloc_bytes(&ram, BASE_PAGE_SIZE, BASE_PAGE_SIZE));
    EXPECT_OK(slot_alloc(&copy));
    EXPECT_OK(cap_mint(copy, frame, CAPRIGHTS_ALL & ~CAPRIGHTS_GRANT, 0));
    EXPECT_ERR(ask(MONITOR_CAP, chan->id + 1, 0, 0, frame), LIB_ERR_CHAN_CLOSED);
    EXPECT_ERR(ask(MONITOR_CAP, chan->id, 0, MONITOR_CAP_SERVER, frame), LIB_ERR_CHAN_CLOSED);
    EXPECT_ERR(ask(MONITOR_CAP, chan->id, 0, 0, NULL_CAP), LIB_ERR_INVALID_ARGS);
    EXPECT_ERR(ask(MONITOR_CAP, chan->id, LIB_ERR_MALLOC_FAIL, 0, frame), LIB_ERR_INVALID_ARGS);
    EXPECT_ERR(ask(MONITOR_CAP_TAKEN, chan->id, UMP_CAPS_MAX + 1, 0, NULL_CAP),
               LIB_ERR_INVALID_ARGS);
    EXPECT_ERR(ask(MONITOR_CAP_TAKEN, chan->id + 1, 0, 0, NULL_CAP), LIB_ERR_CHAN_CLOSED);
    EXPECT_ERR(ump_chan_send_cap(chan, copy, false), SYS_ERR_RIGHTS);
    EXPECT_ERR(ump_chan_send_cap(chan, NULL_CAP, false), LIB_ERR_INVALID_ARGS);
    if (here) {
        EXPECT_OK(ump_chan_check_cap(chan, ram));
    } else {
        EXPECT_ERR(ump_chan_check_cap(chan, ram), MON_ERR_CAP_SEND);
        EXPECT_ERR(ump_chan_send_cap(chan, ram, true), MON_ERR_CAP_SEND);
        EXPECT_ERR(ump_chan_send_cap(chan, cap_selfep, false), MON_ERR_CAP_SEND);
    }
    EXPECT_OK(cap_destroy(copy));
    EXPECT_OK(cap_destroy(frame));
    EXPECT_OK(cap_destroy(ram));
}

static bool begin(struct ump_chan *chan, struct capref *peer, coreid_t core, const char *what,
                  const char *count)
{
    const char *args[] = {what, count, NULL};
    return peers_start(chan, peer, core, "test_travel", args) &&
           EXPECT_OK(ump_chan_reserve_caps(chan)) &&
           EXPECT_OK(ump_chan_send_blocking(chan, (uint64_t[UMP_PAYLOAD_WORDS]){0}, 0));
}

/// Each side sends and takes nothing; the peer, or then this side, ends.
static void end_in_flight(coreid_t core, bool kill, delayus_t delay_us)
{
    struct ump_chan chan;
    struct capref peer;
    uint8_t status;
    if (!begin(&chan, &peer, core, "flood", "0"))
        return;
    flood(&chan);
    (void)barrelfish_usleep(delay_us);
    if (kill)
        EXPECT_OK(spawn_kill(peer));
    ump_chan_close(&chan);
    EXPECT_OK(spawn_wait(peer, &status, false));
    EXPECT(kill || status == 0);
}

static int be_peer(const char *name, const char *what, uint64_t count)
{
    struct ump_chan chan;
    volatile struct ump_message *message;
    if (!peers_accept(&chan, name))
        return 1;
    EXPECT_OK(ump_chan_reserve_caps(&chan));
    EXPECT_OK(ump_chan_recv_blocking(&chan, &message)); // both are ready
    if (strcmp(what, "exchange") == 0) {
        exchange(&chan, count);
    } else {
        flood(&chan);
        while (err_is_ok(ump_chan_recv_blocking(&chan, &message)))
            ;
    }
    ump_chan_close(&chan);
    return test_failures() == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct ump_chan chan;
    struct capref peer;
    if (argc == 5 && strcmp(argv[1], "peer") == 0)
        return be_peer(argv[2], argv[3], strtoull(argv[4], NULL, 10));
    coreid_t core = (coreid_t)test_argument(argc, argv, 1, 1);
    uint64_t rounds = test_argument(argc, argv, 3, 8);
    const char *count = argc > 2 ? argv[2] : "100";
    for (uint64_t i = 0, before = 0; i < 3; i++) {
        before = i == 2 ? test_memory_settled() : before; // tables have grown by then
        if (!begin(&chan, &peer, core, "exchange", count))
            break;
        refusals(&chan, core == disp_get_core_id());
        exchange(&chan, strtoull(count, NULL, 10));
        peers_end(&chan, peer);
        if (i == 2)
            EXPECT_MEMORY(before);
    }
    for (uint64_t i = 0, before = 0; i < 2 * rounds; i++) {
        before = i == rounds ? test_memory_settled() : before;
        end_in_flight(core, i % 2 == 0, 500 * (i % 5));
        if (i + 1 == 2 * rounds)
            EXPECT_MEMORY(before);
    }
    EXPECT_SERVICES(core);
    return test_summary("test_travel");
}
