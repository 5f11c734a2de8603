// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The channels of two waitsets against a model: a random run of what their owners and dispatching
// threads call, and after each call every channel's state, both rings of events, and who is polled.
#include "fake_kernel.h"
#include "testlib/testlib.h"

#define CHANNELS 7
#define STEPS 20000

enum call {
    REGISTER,
    POLLED,
    DEREGISTER,
    TRIGGER,
    TRIGGER_NOW,
    DISPATCH,
    CHECK,
    DESTROY,
    READY,
    CALLS
};

static struct waitset sets[2];
static struct waitset_chanstate chans[CHANNELS];
static bool ready[CHANNELS];
static int ran; // the channel whose closure ran, or -1

static struct {
    enum ws_chanstate state[CHANNELS];
    int set[CHANNELS];
    int pending[2][CHANNELS], pending_count[2], polled[CHANNELS], polled_count;
    size_t unpolled;
} model;

static bool poll(struct waitset_chanstate *chan)
{
    return ready[chan - chans];
}

static void run(void *arg)
{
    CU_ASSERT_EQUAL(ran, -1);
    ran = (int)((struct waitset_chanstate *)arg - chans);
}

static void add(int *list, int *count, int chan)
{
    list[(*count)++] = chan;
}

static void take_out(int *list, int *count, int chan)
{
    int kept = 0;
    for (int i = 0; i < *count; i++)
        if (list[i] != chan)
            list[kept++] = list[i];
    *count = kept;
}

static void model_unlink(int chan)
{
    int set = model.set[chan];
    take_out(model.polled, &model.polled_count, chan);
    take_out(model.pending[set], &model.pending_count[set], chan);
    model.state[chan] = CHAN_UNREGISTERED;
}

static errval_t model_register(int set, int chan, enum ws_chanstate state)
{
    if (model.state[chan] != CHAN_UNREGISTERED)
        return LIB_ERR_CHAN_ALREADY_REGISTERED;
    model.set[chan] = set;
    model.state[chan] = state;
    if (state == CHAN_POLLED)
        add(model.polled, &model.polled_count, chan);
    return SYS_ERR_OK;
}

static errval_t model_trigger(int chan)
{
    if (model.state[chan] == CHAN_UNREGISTERED)
        return LIB_ERR_CHAN_NOT_REGISTERED;
    if (model.state[chan] != CHAN_PENDING) {
        int set = model.set[chan];
        model_unlink(chan);
        model.state[chan] = CHAN_PENDING;
        add(model.pending[set], &model.pending_count[set], chan);
    }
    return SYS_ERR_OK;
}

static void model_poll(void)
{
    int list[CHANNELS], count = model.polled_count;
    for (int i = 0; i < count; i++)
        list[i] = model.polled[i];
    for (int i = 0; i < count; i++)
        if (ready[list[i]])
            (void)model_trigger(list[i]);
}

/// The channel whose closure is to run, or -1.
static int model_dispatch(int set)
{
    if (model.pending_count[set] == 0 || ++model.unpolled > (size_t)model.polled_count) {
        model.unpolled = 0;
        model_poll();
    }
    if (model.pending_count[set] == 0)
        return -1;
    int chan = model.pending[set][0];
    model_unlink(chan);
    return chan;
}

static errval_t model_call(enum call call, int set, int chan)
{
    errval_t err = SYS_ERR_OK;
    if (call == REGISTER || call == POLLED || call == TRIGGER_NOW)
        err = model_register(set, chan, call == POLLED ? CHAN_POLLED : CHAN_IDLE);
    if ((call == TRIGGER_NOW && err_is_ok(err)) || call == TRIGGER)
        err = model_trigger(chan);
    if (call == DEREGISTER && model.state[chan] == CHAN_UNREGISTERED)
        err = LIB_ERR_CHAN_NOT_REGISTERED;
    else if (call == DEREGISTER)
        model_unlink(chan);
    if (call == CHECK)
        model_poll();
    if (call == CHECK && model.pending_count[set] == 0)
        err = LIB_ERR_NO_EVENT;
    if (call == DESTROY && model.pending_count[set] > 0)
        err = LIB_ERR_INVALID_ARGS;
    return err;
}

static errval_t call_library(enum call call, int set, int chan)
{
    struct event_closure closure = MKCLOSURE(run, &chans[chan]);
    switch (call) {
    case REGISTER:
        return waitset_chan_register(&sets[set], &chans[chan], closure);
    case POLLED:
        return waitset_chan_register_polled(&sets[set], &chans[chan], closure);
    case DEREGISTER:
        return waitset_chan_deregister(&chans[chan]);
    case TRIGGER:
        return waitset_chan_trigger(&chans[chan]);
    case TRIGGER_NOW:
        return waitset_chan_trigger_closure(&sets[set], &chans[chan], closure);
    case CHECK:
        return check_for_event(&sets[set]);
    default:
        return waitset_destroy(&sets[set]);
    }
}

static void check_ring(struct list *ring, const int *wanted, int count)
{
    struct list *place = ring;
    for (int i = 0; i < count; i++, place = place->next) {
        CU_ASSERT_PTR_NOT_NULL_FATAL(place);
        CU_ASSERT_PTR_EQUAL_FATAL(place, &chans[wanted[i]].place);
    }
    CU_ASSERT_TRUE_FATAL(place == ring && (ring == NULL) == (count == 0));
}

static void check(void)
{
    CU_ASSERT_FALSE_FATAL(disp_is_disabled());
    for (int i = 0; i < CHANNELS; i++) {
        CU_ASSERT_EQUAL_FATAL(chans[i].state, model.state[i]);
        bool registered = model.state[i] != CHAN_UNREGISTERED;
        CU_ASSERT_TRUE_FATAL(!registered || chans[i].waitset == &sets[model.set[i]]);
        CU_ASSERT_EQUAL_FATAL(waitset_chan_is_registered(&chans[i]), registered);
    }
    for (int set = 0; set < 2; set++)
        check_ring(sets[set].pending, model.pending[set], model.pending_count[set]);
    check_ring(fake.disp->polled, model.polled, model.polled_count);
    CU_ASSERT_EQUAL_FATAL(fake.disp->polled_count, (size_t)model.polled_count);
}

static void dispatch(int set, bool blocking)
{
    int wanted = model_dispatch(set);
    ran = -1;
    if (blocking && wanted >= 0) {
        CU_ASSERT_EQUAL(event_dispatch(&sets[set]), SYS_ERR_OK);
    } else {
        errval_t err = wanted >= 0 ? (errval_t)SYS_ERR_OK : LIB_ERR_NO_EVENT;
        CU_ASSERT_EQUAL(event_dispatch_non_block(&sets[set]), err);
    }
    CU_ASSERT_EQUAL_FATAL(ran, wanted);
}

static void test_run(void)
{
    struct test_random random;
    test_random_init(&random, 3);
    fake_kernel_start();
    for (int i = 0; i < CHANNELS; i++) {
        waitset_chanstate_init(&chans[i], CHANTYPE_OTHER);
        chans[i].poll = poll;
        ready[i] = false;
    }
    waitset_init(&sets[0]);
    waitset_init(&sets[1]);
    for (int i = 0; i < STEPS; i++) {
        enum call call = (enum call)test_random_below(&random, CALLS);
        int set = (int)test_random_below(&random, 2);
        int chan = (int)test_random_below(&random, CHANNELS);
        if (call == READY) {
            ready[chan] = !ready[chan];
        } else if (call == DISPATCH) {
            dispatch(set, test_random_below(&random, 2) == 0);
        } else {
            errval_t wanted = model_call(call, set, chan);
            CU_ASSERT_EQUAL_FATAL(call_library(call, set, chan), wanted);
        }
        check();
    }
    for (int i = 0; i < CHANNELS; i++) {
        (void)model_call(DEREGISTER, 0, i);
        waitset_chanstate_destroy(&chans[i]);
        check();
    }
}

TEST_SUITE("waitsets against a model") = {
    {"a random run", test_run},
};
