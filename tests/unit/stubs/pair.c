// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// See pair.h.
#include "pair.h"

#include <stdlib.h>

#define EVENTS_MOST 100000u

static void on_bound(void *st, errval_t err, void *binding)
{
    struct end *end = st;
    CU_ASSERT_FALSE(end->concluded);
    end->concluded = true;
    end->bound = err;
    end->binding = binding;
    CU_ASSERT_TRUE(err_is_fail(err) == (binding == NULL));
    if (binding != NULL)
        end->use->handle(binding, &end->ear, end->later);
    if (end->on_bound != NULL)
        end->on_bound(end);
}

/// Binds one end over the areas of `rings`: the first is what the client sends.
static errval_t accept(struct end *end, struct rings rings, bool connects)
{
    unsigned out = connects ? 0 : 1;
    end->server = !connects;
    return flounder_accept(end->interface, rings.ends[1 - out], rings.bytes, rings.ends[out],
                           rings.bytes, on_bound, end, &end->ws, connects);
}

void pair_begin(struct pair *pair, const struct use *use, size_t ring_bytes,
                const struct flounder_interface *client, const struct flounder_interface *server)
{
    *pair = (struct pair){.rings = rings_make(ring_bytes)};
    for (unsigned i = 0; i < 2; i++) {
        const struct flounder_interface *own = i == CLIENT ? client : server;
        pair->ends[i].use = use;
        pair->ends[i].interface = own != NULL ? own : use->interface;
        waitset_init(&pair->ends[i].ws);
        CU_ASSERT_EQUAL(accept(&pair->ends[i], pair->rings, i == CLIENT), SYS_ERR_OK);
    }
    pair_run(pair);
}

void pair_open(struct pair *pair, const struct use *use, size_t ring_bytes)
{
    pair_begin(pair, use, ring_bytes, NULL, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(pair->ends[CLIENT].binding);
    CU_ASSERT_PTR_NOT_NULL_FATAL(pair->ends[SERVER].binding);
}

struct flounder_stub *end_stub(struct end *end)
{
    return use_stub(end->use, end->binding);
}

void pair_run(struct pair *pair)
{
    for (unsigned count = 1; count > 0;) {
        count = fibers_dispatch(&pair->ends[CLIENT].ws, EVENTS_MOST);
        count += fibers_dispatch(&pair->ends[SERVER].ws, EVENTS_MOST);
    }
}

/// A server's binding that has ended is gone; a client's is its user's.
static void end_close(struct end *end)
{
    if (end->binding != NULL && (!end->server || err_is_ok(end->ear.ended)))
        flounder_close(end_stub(end));
    end->binding = NULL;
}

void pair_close(struct pair *pair)
{
    end_close(&pair->ends[CLIENT]);
    pair_run(pair);
    end_close(&pair->ends[SERVER]);
    pair_run(pair);
    for (unsigned i = 0; i < 2; i++)
        CU_ASSERT_EQUAL(waitset_destroy(&pair->ends[i].ws), SYS_ERR_OK);
    rings_free(pair->rings);
}

static bool serving;
static unsigned servers;
static struct end *served[8];
static struct waitset_chanstate stop_chans[8];

static void serve(void *arg)
{
    struct end *end = arg;
    while (serving)
        (void)event_dispatch(&end->ws);
    servers--;
}

void end_serve(struct end *end)
{
    CU_ASSERT_FATAL(servers < 8);
    serving = true;
    served[servers] = end;
    waitset_chanstate_init(&stop_chans[servers], CHANTYPE_OTHER);
    CU_ASSERT_EQUAL(waitset_chan_register(&end->ws, &stop_chans[servers], NOP_CLOSURE), SYS_ERR_OK);
    servers++;
    (void)fiber_make(serve, end);
}

void end_serving_stops(void)
{
    serving = false;
    for (unsigned i = 0, count = servers; i < count; i++)
        (void)waitset_chan_trigger(&stop_chans[i]);
    while (servers > 0)
        thread_yield();
}

void peer_begin(struct peer *peer, const struct use *use, size_t ring_bytes, bool binding_connects)
{
    *peer = (struct peer){.rings = rings_make(ring_bytes),
                          .end = {.use = use, .interface = use->interface}};
    unsigned out = binding_connects ? 1 : 0;
    size_t lines = ring_bytes / UMP_MSG_BYTES;
    CU_ASSERT_TRUE_FATAL(
        urpc_init(&peer->chan, peer->rings.ends[out], peer->rings.ends[1 - out], lines));
    waitset_init(&peer->end.ws);
    CU_ASSERT_EQUAL(accept(&peer->end, peer->rings, binding_connects), SYS_ERR_OK);
}

static uint64_t digest_step(uint64_t digest, uint64_t word)
{
    for (unsigned i = 0; i < 8; i++)
        digest = (digest ^ (word >> 8 * i & 0xff)) * 0x100000001b3;
    return digest;
}

void peer_hello(struct peer *peer, const struct flounder_interface *interface)
{
    uint64_t digest = 0xcbf29ce484222325, name = digest;
    for (unsigned i = 0; i < interface->count; i++)
        digest = digest_step(digest, interface->messages[i].digest);
    for (const char *letter = interface->name; *letter != '\0'; letter++)
        name = digest_step(name, (unsigned char)*letter);
    peer_words(peer, FLOUNDER_HELLO, interface->count, digest, name);
}

void peer_open(struct peer *peer, const struct use *use, size_t ring_bytes, bool binding_connects)
{
    uint64_t words[URPC_WORDS];
    uint16_t ctrl;
    peer_begin(peer, use, ring_bytes, binding_connects);
    if (binding_connects)
        peer_words(peer, FLOUNDER_WELCOME, use->interface->count, 0, 0);
    else
        peer_hello(peer, use->interface);
    peer_run(peer);
    CU_ASSERT_PTR_NOT_NULL_FATAL(peer->end.binding);
    CU_ASSERT_TRUE(peer_take(peer, words, &ctrl));
    CU_ASSERT_EQUAL(ctrl & 0xff, binding_connects ? FLOUNDER_HELLO : FLOUNDER_WELCOME);
}

void peer_close(struct peer *peer)
{
    urpc_close(&peer->chan);
    peer_run(peer);
    end_close(&peer->end);
    CU_ASSERT_EQUAL(waitset_destroy(&peer->end.ws), SYS_ERR_OK);
    rings_free(peer->rings);
}

void peer_line(struct peer *peer, unsigned ctrl, const void *bytes, size_t count)
{
    uint64_t words[URPC_WORDS] = {0};
    CU_ASSERT_FATAL(count <= sizeof(words));
    if (count > 0)
        memcpy(words, bytes, count);
    CU_ASSERT_TRUE(urpc_send(&peer->chan, words, (uint16_t)ctrl));
}

static void line_set(struct urpc_msg *line, unsigned ctrl, const void *bytes, size_t count)
{
    *line = (struct urpc_msg){.ctrl = (uint16_t)ctrl};
    if (count > 0)
        memcpy(line->words, bytes, count < FLOUNDER_LINE_BYTES ? count : FLOUNDER_LINE_BYTES);
}

void lines_of(struct lines *lines, unsigned number, unsigned call, const void *bytes, size_t count)
{
    uint8_t row[4 + VIEW_BYTES];
    uint32_t total = (uint32_t)count;
    lines->count = 1;
    if (count <= FLOUNDER_LINE_BYTES) {
        line_set(&lines->at[0], FLOUNDER_WHOLE | FLOUNDER_CTRL(number, call), bytes, count);
        return;
    }
    memcpy(row, &total, sizeof(total));
    memcpy(row + sizeof(total), bytes, count);
    count += sizeof(total);
    line_set(&lines->at[0], FLOUNDER_CTRL(number, call), row, count);
    for (size_t at = FLOUNDER_LINE_BYTES; at < count; at += FLOUNDER_LINE_BYTES) {
        line_set(&lines->at[lines->count], FLOUNDER_CTRL(0, lines->count % 128), row + at,
                 count - at);
        lines->count++;
    }
}

void peer_message(struct peer *peer, unsigned number, unsigned call, const void *bytes,
                  size_t count)
{
    static struct lines lines;
    lines_of(&lines, number, call, bytes, count);
    for (unsigned i = 0; i < lines.count; i++)
        peer_line(peer, lines.at[i].ctrl, lines.at[i].words, FLOUNDER_LINE_BYTES);
}

void peer_words(struct peer *peer, unsigned number, uint64_t word, uint64_t second, uint64_t third)
{
    uint64_t words[] = {word, second, third};
    peer_line(peer, FLOUNDER_WHOLE | number, words, sizeof(words));
}

void peer_run(struct peer *peer)
{
    (void)fibers_dispatch(&peer->end.ws, EVENTS_MOST);
}

bool peer_take(struct peer *peer, uint64_t words[URPC_WORDS], uint16_t *ctrl)
{
    return urpc_recv(&peer->chan, words, ctrl);
}
