// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Two domains on two cores stream messages of known content at each other, both directions at once,
// at full rate or with random stalls on either side. Message n holds numbers made of n, so that a
// lost, repeated, reordered or torn one shows.
//   test_stream COUNT TO...             to each of these cores; a quarter of COUNT with stalls
//   test_stream peer NAME COUNT STALLS  the second domain
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "barrelfish/deferred.h"
#include "barrelfish/domain.h"
#include "barrelfish/threads.h"
#include "peers.h"

#define FLUSH_EVERY 32u
#define STALL_ONE_IN 512u
#define STALL_PAUSES 3000u
#define STALL_SLEEP_US 200u
#define WARM_COUNT 1000u
/// So often at first: two monitors open a channel of their own after 16 messages, of which a run
/// takes at least three (who asks for the other side, for the connection, and for its end).
#define WARM_RUNS 6

struct stream {
    struct ump_chan *chan;
    uint64_t count;
    bool stalls;
    uint64_t seed;
};

static uint64_t content(uint64_t message, unsigned word)
{
    struct test_random random = {message * UMP_PAYLOAD_WORDS + word};
    return test_random_next(&random);
}

/// Mostly a short spin, sometimes a sleep, so that the other side fills or empties the ring.
static void stall(struct stream *stream, struct test_random *random)
{
    if (!stream->stalls || !test_random_one_in(random, STALL_ONE_IN))
        return;
    ump_chan_flush(stream->chan);
    if (test_random_one_in(random, 8)) {
        barrelfish_usleep(test_random_below(random, STALL_SLEEP_US));
        return;
    }
    for (uint64_t i = test_random_below(random, STALL_PAUSES); i > 0; i--)
        __builtin_ia32_pause();
}

static bool send_one(struct stream *stream, uint64_t message)
{
    struct ump_control ctrl;
    volatile struct ump_message *slot = ump_chan_get_next(stream->chan, &ctrl);
    if (slot == NULL) {
        uint64_t words[UMP_PAYLOAD_WORDS];
        for (unsigned i = 0; i < UMP_PAYLOAD_WORDS; i++)
            words[i] = content(message, i);
        return EXPECT_OK(ump_chan_send_blocking(stream->chan, words, (uint16_t)message));
    }
    for (unsigned i = 0; i < UMP_PAYLOAD_WORDS; i++)
        slot->data[i] = content(message, i);
    ctrl.header = (uint16_t)message;
    ump_chan_publish(stream->chan, ctrl);
    if (message % FLUSH_EVERY == 0)
        ump_chan_flush(stream->chan);
    return true;
}

static int send_all(void *arg)
{
    struct stream *stream = arg;
    struct test_random random = {stream->seed};
    for (uint64_t message = 0; message < stream->count; message++) {
        if (!send_one(stream, message))
            return 1;
        stall(stream, &random);
    }
    ump_chan_flush(stream->chan);
    return 0;
}

static bool receive_one(struct stream *stream, uint64_t message)
{
    volatile struct ump_message *got;
    if (!EXPECT_OK(ump_chan_recv_blocking(stream->chan, &got)))
        return false;
    bool same = got->header.control.header == (uint16_t)message;
    for (unsigned i = 0; i < UMP_PAYLOAD_WORDS; i++)
        same &= got->data[i] == content(message, i);
    return same;
}

static int receive_all(void *arg)
{
    struct stream *stream = arg;
    struct test_random random = {~stream->seed};
    for (uint64_t message = 0; message < stream->count; message++) {
        if (!receive_one(stream, message)) {
            EXPECT(false && "a message was lost, repeated, reordered or torn");
            return 1;
        }
        stall(stream, &random);
    }
    return 0;
}

static void exchange(struct ump_chan *chan, uint64_t count, bool stalls, uint64_t seed)
{
    struct stream stream = {chan, count, stalls, seed};
    int sent = 1, received = 1;
    struct thread *sender = thread_create(send_all, &stream);
    if (!EXPECT(sender != NULL))
        return;
    received = receive_all(&stream);
    EXPECT_OK(thread_join(sender, &sent));
    EXPECT(sent == 0 && received == 0);
    EXPECT(!ump_chan_can_recv(chan)); // nothing was sent twice
}

static void run_pair(coreid_t core, uint64_t count, bool stalls)
{
    struct ump_chan chan;
    struct capref peer;
    char number[24];
    snprintf(number, sizeof(number), "%" PRIu64, count);
    const char *args[] = {number, stalls ? "1" : "0", NULL};
    if (peers_start(&chan, &peer, core, "test_stream", args)) {
        exchange(&chan, count, stalls, core * 2 + 1);
        peers_end(&chan, peer);
    }
}

static int run_peer(char **argv)
{
    struct ump_chan chan;
    if (!peers_accept(&chan, argv[2]))
        return 1;
    exchange(&chan, strtoull(argv[3], NULL, 0), atoi(argv[4]) != 0, 1000);
    return test_failures() == 0 ? 0 : 1;
}

/// `test_stream COUNT TO...`: from this core to each of these.
int main(int argc, char **argv)
{
    if (argc == 5 && strcmp(argv[1], "peer") == 0)
        return run_peer(argv);
    uint64_t count = test_argument(argc, argv, 1, 1000);
    EXPECT(argc > 2);
    for (int i = 2; i < argc; i++) // the tables of all grow
        for (int run = 0; run < WARM_RUNS; run++)
            run_pair((coreid_t)atoi(argv[i]), WARM_COUNT, false);
    uint64_t before = test_memory_settled();
    for (int i = 2; i < argc; i++) {
        run_pair((coreid_t)atoi(argv[i]), count, false);
        run_pair((coreid_t)atoi(argv[i]), count / 4, true);
    }
    EXPECT_MEMORY(before);
    return test_summary("stream");
}
