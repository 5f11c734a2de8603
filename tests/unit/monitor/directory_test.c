// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The directory of holders: each transition by itself, then an owner and several cores with random
// orders of sends, arrivals, refusals and deletions over FIFO channels. After every step each core
// that holds a copy, or to which one is on its way, is in the set; when all is gone the parked copy
// was freed exactly once.
#include "protocol/directory.h"

#include "testlib/testlib.h"

#include <string.h>

static struct directory dir;
static const struct directory_object frame = {0x100000, 0x2000, ObjType_Frame};
static const struct directory_object other = {0x100000, 0x1000, ObjType_Frame};

static void reset(void)
{
    memset(&dir, 0, sizeof(dir));
}

static void check_nothing(struct directory_effect effect)
{
    CU_ASSERT_EQUAL(effect.what, DIRECTORY_NOTHING);
    CU_ASSERT(directory_valid(&dir));
}

static uint16_t check_parked(struct directory_effect effect)
{
    CU_ASSERT_EQUAL(effect.what, DIRECTORY_PARKED);
    CU_ASSERT(directory_valid(&dir));
    return effect.place;
}

static void check_free(struct directory_effect effect, uint16_t place)
{
    CU_ASSERT_EQUAL(effect.what, DIRECTORY_FREE);
    CU_ASSERT_EQUAL(effect.place, place);
    CU_ASSERT(directory_valid(&dir));
}

static void send_and_release(void)
{
    reset();
    CU_ASSERT_EQUAL(directory_send(&dir, &frame, 3), SYS_ERR_OK);
    CU_ASSERT(directory_holds(&dir, &frame, 3));
    CU_ASSERT_FALSE(directory_holds(&dir, &other, 3));
    CU_ASSERT_FALSE(directory_holds(&dir, &frame, 2));
    check_nothing(directory_ack(&dir, &frame, 3, true));
    CU_ASSERT_EQUAL(directory_holders(&dir, &frame), 1);
    uint16_t place = check_parked(directory_park(&dir, &frame));
    check_nothing(directory_park(&dir, &frame)); // it is parked already
    check_free(directory_release(&dir, &frame, 3), place);
    CU_ASSERT_EQUAL(directory_holders(&dir, &frame), 0);
    check_nothing(directory_release(&dir, &frame, 3));
}

static void park_without_holders(void)
{
    reset();
    check_nothing(directory_park(&dir, &frame));
    CU_ASSERT_EQUAL(dir.parked_by_object.count, 0);
}

static void release_crosses_send(void)
{
    reset();
    CU_ASSERT_EQUAL(directory_send(&dir, &frame, 3), SYS_ERR_OK);
    check_nothing(directory_ack(&dir, &frame, 3, true));
    // This one crosses the release of the first.
    CU_ASSERT_EQUAL(directory_send(&dir, &frame, 3), SYS_ERR_OK);
    check_nothing(directory_release(&dir, &frame, 3));
    CU_ASSERT(directory_holds(&dir, &frame, 3));
    check_nothing(directory_ack(&dir, &frame, 3, true));
    CU_ASSERT(directory_holds(&dir, &frame, 3));
    uint16_t place = check_parked(directory_park(&dir, &frame));
    check_free(directory_release(&dir, &frame, 3), place);
}

static void refused(void)
{
    reset();
    CU_ASSERT_EQUAL(directory_send(&dir, &frame, 3), SYS_ERR_OK);
    uint16_t place = check_parked(directory_park(&dir, &frame));
    check_free(directory_ack(&dir, &frame, 3, false), place);
    // A refused second copy does not take the first one's holder away ...
    CU_ASSERT_EQUAL(directory_send(&dir, &frame, 3), SYS_ERR_OK);
    check_nothing(directory_ack(&dir, &frame, 3, true));
    CU_ASSERT_EQUAL(directory_send(&dir, &frame, 3), SYS_ERR_OK);
    check_nothing(directory_ack(&dir, &frame, 3, false));
    CU_ASSERT(directory_holds(&dir, &frame, 3));
    // ... but does if that was released meanwhile.
    CU_ASSERT_EQUAL(directory_send(&dir, &frame, 3), SYS_ERR_OK);
    check_nothing(directory_release(&dir, &frame, 3));
    place = check_parked(directory_park(&dir, &frame));
    check_free(directory_ack(&dir, &frame, 3, false), place);
}

static void bounds(void)
{
    reset();
    for (unsigned i = 0; i < DIRECTORY_HOLDERS_MAX; i++) {
        struct directory_object object = {i * 4096u, 4096, ObjType_Frame};
        CU_ASSERT_EQUAL_FATAL(directory_send(&dir, &object, 1), SYS_ERR_OK);
    }
    CU_ASSERT_EQUAL(directory_send(&dir, &frame, 2), MON_ERR_LIMIT);
    CU_ASSERT_FALSE(directory_holds(&dir, &frame, 2));
    reset();
    for (unsigned i = 0; i < DIRECTORY_IN_FLIGHT_MAX; i++)
        CU_ASSERT_EQUAL_FATAL(directory_send(&dir, &frame, 1), SYS_ERR_OK);
    CU_ASSERT_EQUAL(directory_send(&dir, &frame, 1), MON_ERR_LIMIT);
    CU_ASSERT_EQUAL(dir.holders[0].in_flight, DIRECTORY_IN_FLIGHT_MAX);
}

/// There is room for what is to be parked, however much is held (D4).
static void all_parked(void)
{
    static bool used[DIRECTORY_PARKED_MAX];
    reset();
    memset(used, 0, sizeof(used));
    for (unsigned i = 0; i < DIRECTORY_HOLDERS_MAX; i++) {
        struct directory_object object = {i * 4096u, 4096, ObjType_Frame};
        CU_ASSERT_EQUAL_FATAL(directory_send(&dir, &object, 1), SYS_ERR_OK);
    }
    for (unsigned i = 0; i < DIRECTORY_HOLDERS_MAX; i++) {
        struct directory_object object = {i * 4096u, 4096, ObjType_Frame};
        struct directory_effect effect = directory_park(&dir, &object);
        CU_ASSERT_EQUAL(effect.what, DIRECTORY_PARKED);
        CU_ASSERT_FALSE(used[effect.place]);
        used[effect.place] = true;
    }
    CU_ASSERT(directory_valid(&dir));
    unsigned freed = 0;
    while (directory_core_gone(&dir, 1).what == DIRECTORY_FREE)
        freed++;
    CU_ASSERT_EQUAL(freed, DIRECTORY_HOLDERS_MAX);
    CU_ASSERT(directory_valid(&dir));
}

static void claims_are_ignored(void)
{
    reset();
    check_nothing(directory_ack(&dir, &frame, 1, true));
    check_nothing(directory_release(&dir, &frame, 1));
    CU_ASSERT_EQUAL(directory_send(&dir, &frame, 1), SYS_ERR_OK);
    check_nothing(directory_ack(&dir, &frame, 2, false));
    check_nothing(directory_ack(&dir, &frame, 1, true));
    check_nothing(directory_ack(&dir, &frame, 1, false)); // more acks than sends
    CU_ASSERT(directory_holds(&dir, &frame, 1));
}

static void core_gone(void)
{
    reset();
    CU_ASSERT_EQUAL(directory_send(&dir, &frame, 1), SYS_ERR_OK);
    CU_ASSERT_EQUAL(directory_send(&dir, &other, 1), SYS_ERR_OK);
    CU_ASSERT_EQUAL(directory_send(&dir, &other, 2), SYS_ERR_OK);
    uint16_t place = check_parked(directory_park(&dir, &frame));
    CU_ASSERT_NOT_EQUAL(check_parked(directory_park(&dir, &other)), place);
    check_free(directory_core_gone(&dir, 1), place);
    check_nothing(directory_core_gone(&dir, 1));
    CU_ASSERT_FALSE(directory_holds(&dir, &other, 1));
    CU_ASSERT(directory_holds(&dir, &other, 2));
}

// The random runs.

#define CORES 6u
#define FIFO 64u

enum message { COPY, ACK_MADE, ACK_REFUSED, RELEASE };

struct fifo {
    unsigned first, count;
    uint8_t messages[FIFO];
};

struct run {
    struct fifo to[CORES], from[CORES];
    unsigned copies[CORES];
    bool local; ///< the owner has a copy that is not parked
    bool parked;
    uint16_t place;
    unsigned freed;
};

static void push(struct fifo *fifo, enum message message)
{
    CU_ASSERT_FATAL(fifo->count < FIFO);
    fifo->messages[(fifo->first + fifo->count++) % FIFO] = (uint8_t)message;
}

static enum message pop(struct fifo *fifo)
{
    enum message message = fifo->messages[fifo->first];
    fifo->first = (fifo->first + 1) % FIFO;
    fifo->count--;
    return message;
}

static void apply(struct run *run, struct directory_effect effect)
{
    if (effect.what != DIRECTORY_FREE)
        return;
    run->freed++;
    CU_ASSERT(run->parked);
    CU_ASSERT_EQUAL(effect.place, run->place);
    for (unsigned core = 0; core < CORES; core++)
        CU_ASSERT(run->copies[core] == 0 && run->to[core].count == 0);
}

/// A core takes its next message; an owner takes the core's next one.
static void deliver(struct run *run, struct test_random *random, unsigned core, bool to)
{
    if (to) {
        (void)pop(&run->to[core]);
        bool made = test_random_below(random, 4) != 0;
        run->copies[core] += made ? 1 : 0;
        push(&run->from[core], made ? ACK_MADE : ACK_REFUSED);
        return;
    }
    enum message message = pop(&run->from[core]);
    apply(run, message == RELEASE
                   ? directory_release(&dir, &frame, (coreid_t)core)
                   : directory_ack(&dir, &frame, (coreid_t)core, message == ACK_MADE));
}

static void step(struct run *run, struct test_random *random, bool sending)
{
    unsigned core = (unsigned)test_random_below(random, CORES);
    switch (test_random_below(random, 4)) {
    case 0:
        if (sending && run->local && run->to[core].count < 8 && run->from[core].count < 8) {
            CU_ASSERT_EQUAL(directory_send(&dir, &frame, (coreid_t)core), SYS_ERR_OK);
            push(&run->to[core], COPY);
        }
        break;
    case 1:
        if (run->to[core].count > 0)
            deliver(run, random, core, true);
        break;
    case 2:
        if (run->from[core].count > 0)
            deliver(run, random, core, false);
        break;
    default:
        if (run->copies[core] > 0 && --run->copies[core] == 0)
            push(&run->from[core], RELEASE);
    }
    CU_ASSERT(test_random_below(random, 16) != 0 || directory_valid(&dir));
    for (unsigned c = 0; c < CORES; c++)
        if (run->copies[c] > 0 || run->to[c].count > 0)
            CU_ASSERT(directory_holds(&dir, &frame, (coreid_t)c)); // C2
}

static bool quiet(const struct run *run)
{
    for (unsigned c = 0; c < CORES; c++)
        if (run->copies[c] > 0 || run->to[c].count > 0 || run->from[c].count > 0)
            return false;
    return true;
}

static void random_orders(void)
{
    struct test_random random;
    test_random_init(&random, 3);
    for (unsigned round = 0; round < 400; round++) {
        struct run run = {.local = true};
        reset();
        unsigned steps = (unsigned)test_random_below(&random, 300);
        for (unsigned i = 0; i < steps; i++)
            step(&run, &random, true);
        run.local = false;
        struct directory_effect effect = directory_park(&dir, &frame);
        run.parked = effect.what == DIRECTORY_PARKED;
        run.place = effect.place;
        run.freed = run.parked ? 0 : 1; // nobody holds it
        for (unsigned i = 0; i < 100000 && !quiet(&run); i++)
            step(&run, &random, false);
        CU_ASSERT(quiet(&run));
        CU_ASSERT_EQUAL(run.freed, 1); // C6, C7
        CU_ASSERT_EQUAL(dir.by_object.count, 0);
        CU_ASSERT_EQUAL(dir.parked_by_object.count, 0);
    }
}

TEST_SUITE("directory of holders") = {
    {"a copy is sent, held and released", send_and_release},
    {"the last copy of all is freed at once", park_without_holders},
    {"a release that crosses a copy", release_crosses_send},
    {"refused copies", refused},
    {"the tables are bounded", bounds},
    {"whatever is held can be parked", all_parked},
    {"unfounded messages are ignored", claims_are_ignored},
    {"a core that is gone", core_gone},
    {"random orders of events", random_orders},
};
