// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Messages into the lines of a channel and back: of each length, with its header; what finds no room,
// and lines that are no message's.
#include "channel.h"
#include "state/monitor.h"

#include <stdlib.h>
#include <string.h>
#include <testlib/testlib.h>

enum { CORES = 9, SELF = 2, PEER = 5, QUEUE_MOST = 2 * CHANNEL_QUEUE_LINES };

static struct channel out, in; ///< what is queued in one is taken into the other
static bool memory_fails;

void *test_malloc(size_t bytes);
void *test_malloc(size_t bytes)
{
    return memory_fails ? NULL : calloc(1, bytes);
}

static void begin(void)
{
    monitor.tree.count = CORES;
    memory_fails = false;
    out = in = (struct channel){.peer = PEER};
    line_queue_init(&out.queue, out.queue_lines, CHANNEL_QUEUE_LINES);
}

static void end(void)
{
    if (out.queue.lines != out.queue_lines)
        free(out.queue.lines);
}

static const struct intermon_header way = {.source = SELF, .destination = 8, .final = 7};
static const struct intermon_message gone = {INTERMON_GONE, .gone = {77, true}};

/// Takes a line out of the queue into the other channel.
static bool take(void)
{
    struct urpc_msg line = *line_queue_first(&out.queue);
    line_queue_remove(&out.queue);
    return channel_take_line(&in, line.words, line.ctrl);
}

static void expect_taken(const struct parcel *sent)
{
    for (unsigned lines = channel_lines(sent->count); lines > 0; lines--)
        CU_ASSERT_EQUAL(take(), lines == 1);
    const struct parcel *got = &in.rx_parcel;
    CU_ASSERT_EQUAL(got->header.source, sent->header.source);
    CU_ASSERT_EQUAL(got->header.destination, sent->header.destination);
    CU_ASSERT_EQUAL(got->header.final, sent->header.final);
    CU_ASSERT_EQUAL(got->header.from, PEER);
    CU_ASSERT_EQUAL(got->op, sent->op);
    CU_ASSERT_EQUAL(got->count, sent->count);
    CU_ASSERT_EQUAL(memcmp(got->words, sent->words, sizeof(uint64_t) * sent->count), 0);
}

static void test_lengths(void)
{
    struct parcel parcel = {.header = way, .op = 200}; // what it says is its receiver's business
    for (unsigned i = 0; i < INTERMON_WORDS_MAX; i++)
        parcel.words[i] = 1000 + i;
    for (unsigned count = 0; count <= INTERMON_WORDS_MAX; count++) {
        parcel.count = (uint8_t)count;
        parcel.header.final = count % 2 == 0 ? INTERMON_NONE : 7;
        CU_ASSERT_EQUAL(channel_pass(&out, &parcel, false), SYS_ERR_OK);
        CU_ASSERT_EQUAL(out.queue.count, channel_lines(count));
        CU_ASSERT_EQUAL(out.queue.count, 1 + count / 7); // six words, then seven in each
        expect_taken(&parcel);
    }
}

static void test_messages(void)
{
    struct intermon_message message;
    CU_ASSERT_EQUAL(channel_send(&out, &way, &gone, true), SYS_ERR_OK);
    CU_ASSERT_TRUE(take());
    CU_ASSERT_TRUE(
        intermon_decode(in.rx_parcel.words, in.rx_parcel.count, in.rx_parcel.op, &message));
    CU_ASSERT(message.op == INTERMON_GONE && message.gone.id == 77 && message.gone.to_server);
    CU_ASSERT_EQUAL(channel_send(NULL, &way, &gone, true), MON_ERR_NO_CORE);
    message = (struct intermon_message){INTERMON_NAME, .name = {.what = intermon_WAIT + 1}};
    CU_ASSERT_EQUAL(channel_send(&out, &way, &message, false), MON_ERR_PROTOCOL);
    CU_ASSERT_EQUAL(out.queue.count, 0);
}

/// IM2: a request finds room in half of the queue, what is none in all of it.
static void test_room(void)
{
    unsigned sent = 0;
    while (err_is_ok(channel_send(&out, &way, &gone, true)))
        sent++;
    CU_ASSERT_EQUAL(sent, CHANNEL_QUEUE_LINES / 2);
    CU_ASSERT_EQUAL(channel_send(&out, &way, &gone, true), MON_ERR_LIMIT);
    memory_fails = true;
    while (err_is_ok(channel_send(&out, &way, &gone, false)))
        sent++;
    CU_ASSERT_EQUAL(sent, CHANNEL_QUEUE_LINES);
    CU_ASSERT_EQUAL(channel_send(&out, &way, &gone, false), MON_ERR_LIMIT); // IM5
    memory_fails = false;
    while (out.queue.count < QUEUE_MOST)
        CU_ASSERT_EQUAL(channel_send(&out, &way, &gone, false), SYS_ERR_OK);
    CU_ASSERT_EQUAL(out.queue.lines_max, QUEUE_MOST);
    CU_ASSERT_EQUAL(channel_send(&out, &way, &gone, false), SYS_ERR_OK); // larger once more
    while (out.queue.count > 0)
        CU_ASSERT_TRUE(take());
}

static void expect_dropped(struct urpc_msg line)
{
    CU_ASSERT_FALSE(channel_take_line(&in, line.words, line.ctrl));
    CU_ASSERT_EQUAL(in.rx_lines, 0);
}

static void test_malformed(void)
{
    const struct intermon_message bind = {INTERMON_BIND, .bind = {.id = 1}};
    CU_ASSERT_EQUAL(channel_send(&out, &way, &bind, true), SYS_ERR_OK);
    const struct urpc_msg first = *line_queue_first(&out.queue);
    struct urpc_msg line = first;
    CU_ASSERT_EQUAL(line.ctrl, channel_lines(13) - 1);
    for (unsigned ctrl = 0; ctrl < 6; ctrl++) { // so many lines are not what it is long
        line.ctrl = (uint16_t)ctrl;
        if (ctrl != first.ctrl)
            expect_dropped(line);
    }
    for (unsigned count = INTERMON_WORDS_MAX + 1; count < 256; count++) {
        line.words[0] = (first.words[0] & ~UINT64_C(0xff00)) | (uint64_t)count << 8;
        line.ctrl = (uint16_t)(channel_lines(count) - 1);
        expect_dropped(line);
    }
    line = first;
    line.words[0] = (first.words[0] & ~UINT64_C(0xffff0000)) | (uint64_t)CORES << 16; // source
    expect_dropped(line);
    line.words[0] = (first.words[0] & ~(UINT64_C(0xffff) << 32)) | (uint64_t)CORES << 32;
    expect_dropped(line);
    CU_ASSERT_FALSE(take()); // the right one is taken afterwards
    CU_ASSERT_TRUE(take());
    CU_ASSERT_EQUAL(in.rx_parcel.op, INTERMON_BIND);
}

TEST_SUITE("a channel between monitors", .set_up = begin, .tear_down = end) = {
    {"messages of each length", test_lengths},
    {"messages as structs", test_messages},
    {"room for requests and others", test_room},
    {"lines that are no message's", test_malformed},
};
