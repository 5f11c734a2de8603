// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What a hostile peer sends to the receivers of all interfaces: lines of right messages, of which most
// are then changed, left out, sent twice, mixed with others. What a handler gets must be what its
// declaration wants, and what was sent: both are told apart from the stubs (use.h). A binding that is
// sent anything else ends, with one of the errors for that, and leaves nothing behind; another one
// beside it goes on. `test-stubs N` sends N messages.
#include "pair.h"
#include <testlib/testlib.h>

#include <if/numbers_defs.h>
#include <if/texts_defs.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MESSAGES_EACH_CHECK 4096u
#define RING_BYTES 1024u

static uint64_t fuzz_messages = 200000;

/// The argument, if there is one, is the number of messages that a hostile peer sends.
void test_program_begin(int argc, char **argv)
{
    if (argc == 2)
        fuzz_messages = strtoull(argv[1], NULL, 10);
}

static struct test_random random_numbers;

/// What the peer has sent of the message that comes next, as the rules of lines have it.
static struct {
    unsigned number;
    bool whole;
    size_t total, count;
    uint8_t bytes[VIEW_BYTES + FLOUNDER_LINE_BYTES];
} told;

static struct {
    uint64_t messages, lines, accepted, answers, ended, errors[ERR_CODES_COUNT];
    uint64_t accepted_of[6][FLOUNDER_NUMBERS_MAX + 1];
} counts;

static struct {
    struct peer peer;
    unsigned use; ///< index
    bool open, calls;
    unsigned asked, call; ///< the message that it has called with last, and the call's number
} victim;

static unsigned below(unsigned bound)
{
    return (unsigned)test_random_below(&random_numbers, bound);
}

/// A line goes to the binding: what may a handler hear after it?
static void tell(const struct urpc_msg *line)
{
    unsigned number = line->ctrl & 0xff;
    uint32_t total;
    if (number != 0) {
        told.number = number;
        told.whole = (line->ctrl & FLOUNDER_WHOLE) != 0;
        memcpy(&total, line->words, sizeof(total));
        told.total = told.whole ? FLOUNDER_LINE_BYTES : total;
        told.count = 0;
    }
    size_t skip = number != 0 && !told.whole ? sizeof(total) : 0;
    size_t count = FLOUNDER_LINE_BYTES - skip;
    if (count > sizeof(told.bytes) - told.count)
        return; // longer than any message
    memcpy(told.bytes + told.count, (const uint8_t *)line->words + skip, count);
    told.count += count;
}

/// Behind the end of a message in its only line anything may stand.
static void check(const struct view *view)
{
    CU_ASSERT_FALSE(view->wrong);
    CU_ASSERT_EQUAL(view->number, told.number);
    CU_ASSERT_TRUE(told.whole ? view->count <= told.total : view->count == told.total);
    CU_ASSERT_TRUE_FATAL(view->count <= told.count);
    CU_ASSERT_EQUAL(memcmp(view->bytes, told.bytes, view->count), 0);
    CU_ASSERT_EQUAL(view->caps_count, 0);
    counts.accepted++;
    counts.accepted_of[victim.use][view->number]++;
}

/// A caller gets an empty text for none.
static void tolerate_no_text(struct view *out)
{
    static const uint8_t empty[5] = {1};
    if (uses[victim.use] == &use_texts && memcmp(told.bytes, empty + 1, 4) == 0 &&
        memcmp(out->bytes, empty, sizeof(empty)) == 0)
        view_begin(out, out->number);
}

static void on_message(struct ear *ear, const struct view *view)
{
    (void)ear;
    check(view);
}

/// Calls as long as its binding is open.
static void caller(void *arg)
{
    static struct view in, out, wanted;
    const struct use *use = arg;
    errval_t err = SYS_ERR_OK;
    for (unsigned i = 0; err_is_ok(err); i = use->calls[i + 1] != NULL ? i + 1 : 0) {
        err = use->calls[i](victim.peer.end.binding, &random_numbers, &in, &out, &wanted);
        if (err_is_ok(err)) {
            counts.answers++;
            tolerate_no_text(&out);
            check(&out);
        } else if (err_no(err) != LIB_ERR_CHAN_CLOSED && err_no(err) != MON_ERR_CAP_SEND) {
            err = SYS_ERR_OK; // an error that the peer has sent as the answer
        }
    }
    victim.calls = false;
}

/// Takes what the binding has sent; whether there was anything.
static bool hear_calls(void)
{
    bool any = false;
    uint64_t words[URPC_WORDS];
    uint16_t ctrl;
    for (; peer_take(&victim.peer, words, &ctrl); any = true)
        if ((ctrl & 0xff) != 0 && (ctrl & 0xff) < uses[victim.use]->interface->count &&
            (ctrl >> 8 & 0x7f) != 0) {
            victim.asked = ctrl & 0xff;
            victim.call = ctrl >> 8 & 0x7f;
        }
    return any;
}

static void victim_begin(void)
{
    bool connects = below(2) == 0;
    victim.use = below(uses_count);
    const struct use *use = uses[victim.use];
    peer_open(&victim.peer, use, RING_BYTES, connects);
    victim.peer.end.later = below(2) == 0;
    victim.peer.end.ear.heard = on_message;
    use->handle(victim.peer.end.binding, &victim.peer.end.ear, victim.peer.end.later);
    victim.open = true;
    told.count = 0;
    if (connects && use->calls[0] != NULL && below(2) == 0) {
        victim.calls = true;
        victim.call = 0;
        (void)fiber_make(caller, (void *)use);
        thread_yield();
        (void)hear_calls();
    }
}

static void victim_end(void)
{
    errval_t err = victim.peer.end.ear.ended;
    if (err_is_fail(err)) {
        counts.ended++;
        counts.errors[err_no(err)]++;
    }
    urpc_close(&victim.peer.chan);
    while (victim.calls)
        thread_yield();
    peer_close(&victim.peer);
    victim.open = false;
}

/// Sends a line, and lets the binding see it.
static void send_line(const struct urpc_msg *line)
{
    if (err_is_fail(victim.peer.end.ear.ended))
        return;
    tell(line);
    counts.lines++;
    peer_line(&victim.peer, line->ctrl, line->words, FLOUNDER_LINE_BYTES);
    do {
        peer_run(&victim.peer);
        if (victim.calls)
            thread_yield();
    } while (hear_calls());
}

// Changes of a message's lines.

static uint32_t extreme(void)
{
    static const uint32_t numbers[] = {0,  1,   2,   3,    51,   52,   53,   56,
                                       57, 255, 256, 1024, 4095, 4096, 4097, UINT32_MAX};
    return numbers[below(16)] + (below(4) == 0 ? below(3) - 1 : 0);
}

static void change_bits(struct lines *lines)
{
    struct urpc_msg *line = &lines->at[below(lines->count)];
    line->words[below(URPC_WORDS)] ^= 1ull << below(64);
}

static void change_number(struct lines *lines)
{
    uint32_t number = extreme();
    uint8_t *bytes = (uint8_t *)lines->at[below(lines->count)].words;
    memcpy(bytes + below(FLOUNDER_LINE_BYTES - 3), &number, sizeof(number));
}

static void change_byte(struct lines *lines)
{
    uint8_t *bytes = (uint8_t *)lines->at[below(lines->count)].words;
    bytes[below(FLOUNDER_LINE_BYTES)] = (uint8_t)(below(2) == 0 ? extreme() : below(256));
}

static void change_first(struct lines *lines)
{
    uint32_t number;
    memcpy(&number, lines->at[0].words, sizeof(number));
    number = below(2) == 0 ? number + below(9) - 4 : extreme();
    memcpy(lines->at[0].words, &number, sizeof(number));
}

static void change_ctrl(struct lines *lines)
{
    struct urpc_msg *line = &lines->at[below(lines->count)];
    switch (below(4)) {
    case 0:
        line->ctrl ^= FLOUNDER_WHOLE;
        break;
    case 1:
        line->ctrl = (uint16_t)((line->ctrl & 0xff00) | below(256));
        break;
    case 2:
        line->ctrl = (uint16_t)((line->ctrl & 0x80ff) | below(128) << 8);
        break;
    default:
        line->ctrl = (uint16_t)below(65536);
    }
}

static void leave_out(struct lines *lines)
{
    unsigned i = below(lines->count);
    memmove(&lines->at[i], &lines->at[i + 1], (lines->count - i - 1) * sizeof(lines->at[0]));
    lines->count--;
}

static void truncate_lines(struct lines *lines)
{
    lines->count = below(lines->count);
}

static void insert(struct lines *lines, const struct urpc_msg *line)
{
    unsigned i = below(lines->count + 1);
    memmove(&lines->at[i + 1], &lines->at[i], (lines->count - i) * sizeof(lines->at[0]));
    lines->at[i] = *line;
    lines->count++;
}

static void send_twice(struct lines *lines)
{
    struct urpc_msg line = lines->at[below(lines->count)];
    insert(lines, &line);
}

static void change_places(struct lines *lines)
{
    unsigned i = below(lines->count), j = below(lines->count);
    struct urpc_msg line = lines->at[i];
    lines->at[i] = lines->at[j];
    lines->at[j] = line;
}

/// The stubs' own numbers, and those between: greetings, errors, refusals, signatures.
static void insert_own(struct lines *lines)
{
    struct urpc_msg line = {.ctrl = (uint16_t)(FLOUNDER_WHOLE | (250 + below(6)) | below(4) << 8)};
    line.words[0] = extreme();
    insert(lines, &line);
}

static void insert_random(struct lines *lines)
{
    struct urpc_msg line = {.ctrl = (uint16_t)below(65536)};
    for (unsigned i = 0; i < URPC_WORDS; i++)
        line.words[i] = any(&random_numbers);
    insert(lines, &line);
}

static void (*const changes[])(struct lines *lines) = {
    change_bits, change_number,  change_byte, change_first,  change_ctrl,  leave_out,
    send_twice,  truncate_lines, insert_own,  change_places, insert_random};

#define CHANGES (sizeof(changes) / sizeof(changes[0]))

/// One message in five stays as it is.
static void send_message(void)
{
    static struct view view;
    static struct lines lines;
    const struct use *use = uses[victim.use];
    unsigned kind = below(use->interface->count);
    unsigned call = below(3) == 0 ? 1 + below(2) : 0;
    if (victim.calls && victim.call != 0 && below(2) == 0) {
        kind = victim.asked; // the answer: the message behind it
        call = victim.call;
    }
    CU_ASSERT_EQUAL(use->sends[kind](NULL, &random_numbers, &view), SYS_ERR_OK);
    lines_of(&lines, view.number, call, view.bytes, view.count);
    for (unsigned i = below(5) == 0 ? 0 : 1 + below(3); i > 0 && lines.count > 0; i--)
        changes[below(CHANGES)](&lines);
    for (unsigned i = 0; i < lines.count; i++)
        send_line(&lines.at[i]);
    counts.messages++;
}

/// A binding on its own, which nothing of all this concerns.
static struct pair witness;
static unsigned witnessed;

static void on_witness(struct ear *ear, const struct view *view)
{
    (void)ear;
    witnessed += !view->wrong;
}

static void witness_goes_on(void)
{
    static struct view view;
    CU_ASSERT_EQUAL(
        use_texts.sends[below(4)](witness.ends[below(2)].binding, &random_numbers, &view),
        SYS_ERR_OK);
    unsigned before = witnessed;
    pair_run(&witness);
    CU_ASSERT_EQUAL(witnessed, before + 1);
}

/// Not in vain: much was accepted and much refused, of each message and for each reason.
static void check_counts(void)
{
    static const enum err_code reasons[] = {FLOUNDER_ERR_RX_INVALID,
                                            FLOUNDER_ERR_RX_INVALID_MSGNUM,
                                            FLOUNDER_ERR_RX_INVALID_LENGTH,
                                            FLOUNDER_ERR_RX_FRAGMENT,
                                            FLOUNDER_ERR_CALLS,
                                            FLOUNDER_ERR_INVALID_STATE};
    uint64_t known = counts.errors[LIB_ERR_CHAN_CLOSED];
    for (unsigned i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        known += counts.errors[reasons[i]];
        CU_ASSERT_TRUE(counts.errors[reasons[i]] > counts.messages / 2000);
    }
    known += counts.errors[LIB_ERR_BIND_REFUSED];
    CU_ASSERT_EQUAL(known, counts.ended);
    CU_ASSERT_TRUE(counts.accepted > counts.messages / 4);
    CU_ASSERT_TRUE(counts.ended > counts.messages / 4);
    CU_ASSERT_TRUE(counts.answers > counts.messages / 500);
    unsigned missing = 0;
    for (unsigned i = 0; i < uses_count; i++)
        for (unsigned j = 0; j < uses[i]->interface->count; j++)
            missing += counts.accepted_of[i][j + 1] == 0;
    CU_ASSERT_EQUAL(missing, 0);
}

static void receivers(void)
{
    alarm(0); // as long as it takes
    test_random_init(&random_numbers, 1);
    pair_open(&witness, &use_texts, WORLD_RING_BYTES);
    witness.ends[CLIENT].ear.heard = witness.ends[SERVER].ear.heard = on_witness;
    while (counts.messages < fuzz_messages) {
        if (!victim.open)
            victim_begin();
        send_message();
        if (err_is_fail(victim.peer.end.ear.ended) || below(64) == 0)
            victim_end();
        if (counts.messages % MESSAGES_EACH_CHECK == 0)
            witness_goes_on();
    }
    if (victim.open)
        victim_end();
    pair_close(&witness);
    printf("%lu messages in %lu lines: %lu accepted, %lu as answers; %lu bindings ended\n",
           counts.messages, counts.lines, counts.accepted, counts.answers, counts.ended);
    for (unsigned i = 0; i < ERR_CODES_COUNT; i++)
        if (counts.errors[i] > 0)
            printf("    by error %u: %lu\n", i, counts.errors[i]);
    check_counts();
}

/// The binding hears what was sent, and ends with this error, or goes on (0).
static void conclude(struct peer *peer, errval_t ended)
{
    peer_run(peer);
    CU_ASSERT_EQUAL(peer->end.ear.ended, ended);
    peer_close(peer);
}

static void begin_message(struct peer *peer, unsigned number, uint32_t total)
{
    peer_line(peer, number, &total, sizeof(total));
}

/// The first line of a long message says enough to refuse it, before there is memory for it.
static void first_lines(void)
{
    static const struct {
        const struct use *use;
        unsigned number;
        uint32_t total;
        errval_t ended; ///< 0: not yet
    } cases[] = {
        {&use_texts, texts_longer__msgnum, 57, SYS_ERR_OK},
        {&use_texts, texts_longer__msgnum, 56, FLOUNDER_ERR_RX_INVALID_LENGTH},
        {&use_texts, texts_longer__msgnum, 58, FLOUNDER_ERR_RX_INVALID_LENGTH},
        {&use_texts, texts_longer__msgnum, 0, FLOUNDER_ERR_RX_INVALID_LENGTH},
        {&use_texts, texts_longer__msgnum, UINT32_MAX, FLOUNDER_ERR_RX_INVALID_LENGTH},
        {&use_texts, texts_say__msgnum, 57, FLOUNDER_ERR_RX_INVALID_LENGTH},
        {&use_numbers, numbers_wide_call__msgnum, 64, SYS_ERR_OK},
        {&use_numbers, numbers_wide_call__msgnum, 63, FLOUNDER_ERR_RX_INVALID_LENGTH},
        {&use_numbers, numbers_wide_call__msgnum, 65, FLOUNDER_ERR_RX_INVALID_LENGTH},
        {&use_numbers, numbers_wide_response__msgnum + 1, 57, FLOUNDER_ERR_RX_INVALID_MSGNUM},
        {&use_numbers, 0, 57, FLOUNDER_ERR_RX_INVALID_MSGNUM},
        {&use_crowd, FLOUNDER_NUMBERS_MAX, 57, FLOUNDER_ERR_RX_INVALID_LENGTH},
    };
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct peer peer;
        peer_open(&peer, cases[i].use, 512, false);
        begin_message(&peer, cases[i].number, cases[i].total);
        conclude(&peer, cases[i].ended);
    }
}

/// Within a message nothing but its next line may come.
static void within_a_message(void)
{
    for (unsigned number = 0; number < 256; number++) {
        struct peer peer;
        peer_open(&peer, &use_numbers, 512, number % 2 == 0);
        begin_message(&peer, numbers_wide_call__msgnum, 64);
        peer_line(&peer, (number == 0 ? 0 : FLOUNDER_WHOLE) | number, NULL, 0);
        conclude(&peer, FLOUNDER_ERR_RX_FRAGMENT);
    }
}

/// Before a binding is open there are no messages.
static void before_a_greeting(void)
{
    for (unsigned round = 0; round < 4; round++) {
        struct peer peer;
        peer_begin(&peer, &use_numbers, 512, round % 2 == 0);
        if (round < 2)
            peer_message(&peer, numbers_nothing__msgnum, 0, NULL, 0);
        else
            begin_message(&peer, numbers_wide_call__msgnum, 64);
        peer_run(&peer);
        CU_ASSERT_TRUE(peer.end.concluded);
        CU_ASSERT_EQUAL(peer.end.bound, FLOUNDER_ERR_INVALID_STATE);
        peer_close(&peer);
    }
}

/// More calls than there are numbers, none of which is answered.
static void unanswered(void)
{
    static const uint8_t row[9] = {0};
    struct peer peer;
    peer_open(&peer, &use_numbers, 512, false);
    use_numbers.handle(peer.end.binding, &peer.end.ear, true);
    for (unsigned i = 0; i <= FLOUNDER_CALLS_MAX; i++) {
        CU_ASSERT_EQUAL(peer.end.ear.ended, SYS_ERR_OK);
        peer_message(&peer, numbers_swap_call__msgnum, 1, row, sizeof(row));
        peer_run(&peer);
    }
    CU_ASSERT_EQUAL(peer.end.ear.ended, FLOUNDER_ERR_CALLS);
    peer_close(&peer);
}

WORLD_TEST(receivers)
WORLD_TEST(within_a_message)
WORLD_TEST(before_a_greeting)
WORLD_TEST(unanswered)
WORLD_TEST(first_lines)

TEST_SUITE("a hostile peer") = {
    {"first lines", test_in_first_lines},
    {"within a message", test_in_within_a_message},
    {"before a greeting", test_in_before_a_greeting},
    {"unanswered", test_in_unanswered},
    {"receivers", test_in_receivers},
};
