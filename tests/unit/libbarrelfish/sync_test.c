// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What threads synchronise with, against a model: some threads do what a random run tells them, the
// main thread lets them come to rest after each step, and compares who is done, who waits for what
// and in which order. All of DI1 to DI8 that can be seen from outside is looked at each time.
#include "barrelfish/systime.h"
#include "fake_threads.h"
#include "testlib/testlib.h"

#include <string.h>

#define WORKERS 5
#define STEPS 6000
#define LONG_AGO 1

enum order {
    LOCK,
    LOCK_NESTED,
    TRY_LOCK,
    UNLOCK,
    COND_WAIT,
    SEM_WAIT,
    SEM_WAIT_UNTIL,
    SEM_WAIT_PAST,
    SEM_TRY,
    SIGNAL, // from here on the main thread's
    BROADCAST,
    SEM_POST,
    PAUSE,
    RESUME,
    ORDERS
};

static struct thread_mutex mutex;
static struct thread_cond cond;
static struct thread_sem sem;

static struct worker {
    struct thread *thread;
    struct thread_sem orders;
    enum order order;
    bool ended, busy, result;
} workers[WORKERS];

static bool carry_out(enum order order)
{
    bool done = true;
    if (order == LOCK)
        thread_mutex_lock(&mutex);
    else if (order == LOCK_NESTED)
        thread_mutex_lock_nested(&mutex);
    else if (order == TRY_LOCK)
        done = thread_mutex_trylock(&mutex);
    else if (order == UNLOCK)
        thread_mutex_unlock(&mutex);
    else if (order == COND_WAIT)
        thread_cond_wait(&cond, &mutex);
    else if (order == SEM_WAIT)
        thread_sem_wait(&sem);
    else if (order == SEM_TRY)
        done = thread_sem_trywait(&sem);
    else
        done = thread_sem_wait_until(&sem, order == SEM_WAIT_PAST ? LONG_AGO : UINT64_MAX);
    return done;
}

static int work(void *arg)
{
    struct worker *worker = arg;
    for (;;) {
        thread_sem_wait(&worker->orders);
        if (worker->ended)
            return 100 + (int)(worker - workers);
        worker->result = carry_out(worker->order);
        CU_ASSERT_FALSE_FATAL(disp_is_disabled());
        fake_preempt();
        worker->busy = false;
    }
}

/// A queue of workers, the first that came first.
struct queue {
    int count, who[WORKERS];
};

static struct {
    int owner; // or -1
    unsigned depth, value;
    struct queue lock, cond, sem;
    bool busy[WORKERS], result[WORKERS], paused[WORKERS];
    bool held[WORKERS];   // done as far as others see, while it was paused: it will see it then
    bool relock[WORKERS]; // signalled while it was paused: it will lock when it runs
} model;

static void push(struct queue *queue, int who)
{
    queue->who[queue->count++] = who;
}

static int pop(struct queue *queue)
{
    if (queue->count == 0)
        return -1;
    int first = queue->who[0];
    memmove(queue->who, queue->who + 1, (size_t)--queue->count * sizeof(int));
    return first;
}

static void model_done(int who, bool result)
{
    model.busy[who] = false;
    model.held[who] = model.paused[who];
    model.result[who] = result;
}

static void model_lock(int who)
{
    if (model.owner >= 0) {
        push(&model.lock, who);
        return;
    }
    model.owner = who;
    model.depth = 1;
    model_done(who, true);
}

static void model_hand_over(void)
{
    model.owner = pop(&model.lock);
    model.depth = model.owner >= 0;
    if (model.owner >= 0)
        model_done(model.owner, true);
}

static void model_signal(void)
{
    int who = pop(&model.cond);
    if (who >= 0 && model.paused[who])
        model.relock[who] = true;
    else if (who >= 0)
        model_lock(who);
}

static void model_sem(int who, enum order order)
{
    if (model.value > 0) {
        model.value--;
        model_done(who, true);
    } else if (order == SEM_TRY || order == SEM_WAIT_PAST) {
        model_done(who, false);
    } else {
        push(&model.sem, who);
    }
}

static void model_post(void)
{
    int first = pop(&model.sem);
    if (first >= 0)
        model_done(first, true);
    else
        model.value++;
}

static void model_mutex(int who, enum order order)
{
    bool own = model.owner == who;
    if (order == TRY_LOCK && model.owner >= 0) {
        model_done(who, false);
    } else if (order == LOCK_NESTED && own) {
        model.depth++;
        model_done(who, true);
    } else if (order == UNLOCK) {
        model_done(who, true);
        if (--model.depth == 0)
            model_hand_over();
    } else if (order == COND_WAIT) {
        push(&model.cond, who);
        model_hand_over();
    } else {
        model_lock(who);
    }
}

static void model_step(int who, enum order order)
{
    model.busy[who] |= order < SIGNAL;
    if (order <= COND_WAIT)
        model_mutex(who, order);
    else if (order <= SEM_TRY)
        model_sem(who, order);
    else if (order == SIGNAL)
        model_signal();
    else if (order == SEM_POST)
        model_post();
    for (int count = model.cond.count; order == BROADCAST && count > 0; count--)
        model_signal();
    if (order == PAUSE || order == RESUME)
        model.paused[who] = order == PAUSE;
    model.held[who] &= model.paused[who];
    if (order == RESUME && model.relock[who]) {
        model.relock[who] = false;
        model_lock(who);
    }
}

/// Whether a thread can be told this now without a deadlock that is its own fault.
static bool is_allowed(int who, enum order order)
{
    bool own = model.owner == who, idle = !model.busy[who] && !model.paused[who];
    if (order == LOCK)
        return idle && !own;
    if (order == UNLOCK)
        return idle && own;
    if (order == COND_WAIT)
        return idle && own && model.depth == 1;
    if (order == SEM_POST)
        return model.value < 2; // else nobody would wait
    return idle || order >= SIGNAL;
}

static void check_queue(struct list *ring, const struct queue *wanted)
{
    struct list *place = ring;
    for (int i = 0; i < wanted->count; i++, place = place->next) {
        CU_ASSERT_PTR_NOT_NULL_FATAL(place);
        CU_ASSERT_PTR_EQUAL_FATAL(thread_at(place), workers[wanted->who[i]].thread);
    }
    CU_ASSERT_TRUE_FATAL(place == ring && (ring == NULL) == (wanted->count == 0));
}

static bool is_on(struct list **queue, const struct thread *thread)
{
    struct list *place = *queue;
    do {
        if (place == &thread->place)
            return true;
    } while (place != NULL && (place = place->next) != *queue);
    return false;
}

static void check_dispatcher(const struct dispatcher *disp)
{
    size_t looked_for = 0;
    CU_ASSERT_FALSE_FATAL(disp_is_disabled());
    CU_ASSERT_TRUE_FATAL(disp->current->queue == NULL); // DI1
    for (const struct thread *thread = disp->all; thread != NULL; thread = thread->all_next) {
        looked_for += thread->looked_for;
        CU_ASSERT_TRUE_FATAL(thread->queue != NULL ? is_on(thread->queue, thread)
                                                   : thread->place.next == NULL); // DI2
        bool ready = thread->state == THREAD_RUNNABLE && !thread->paused;
        CU_ASSERT_EQUAL_FATAL(thread != disp->current && ready,
                              thread->queue == (struct list **)&disp->run_queue); // DI3
        CU_ASSERT_TRUE_FATAL(!thread->looked_for || thread->state == THREAD_BLOCKED);
    }
    CU_ASSERT_EQUAL_FATAL(looked_for, disp->looked_for); // DI5
    size_t timers = 0;
    for (struct list *place = disp->timers; place != NULL;) {
        timers++;
        place = place->next != disp->timers ? place->next : NULL;
    }
    CU_ASSERT_FATAL(timers >= looked_for); // who was woken has not run yet, perhaps
}

static void check(void)
{
    check_dispatcher(fake.disp);
    struct thread *owner = model.owner >= 0 ? workers[model.owner].thread : NULL;
    CU_ASSERT_TRUE_FATAL(mutex.owner == owner && mutex.depth == model.depth);
    CU_ASSERT_EQUAL_FATAL(sem.value, model.value);
    check_queue(mutex.queue, &model.lock);
    check_queue(cond.queue, &model.cond);
    check_queue(sem.queue, &model.sem);
    for (int i = 0; i < WORKERS; i++) {
        bool busy = model.busy[i] || model.held[i];
        CU_ASSERT_EQUAL_FATAL(workers[i].busy, busy);
        CU_ASSERT_TRUE_FATAL(busy || workers[i].result == model.result[i]);
    }
}

static void settle(void)
{
    for (int i = 0; i < 2 || fake.disp->run_queue != NULL; i++) {
        CU_ASSERT_FATAL(i < 1000);
        thread_yield();
    }
}

static void tell(struct worker *worker, enum order order)
{
    worker->order = order;
    worker->busy = true;
    thread_sem_post(&worker->orders);
}

static void step(int who, enum order order)
{
    if (order < SIGNAL)
        tell(&workers[who], order);
    else if (order == SIGNAL)
        thread_cond_signal(&cond);
    else if (order == BROADCAST)
        thread_cond_broadcast(&cond);
    else if (order == SEM_POST)
        thread_sem_post(&sem);
    else if (order == PAUSE)
        thread_pause(workers[who].thread);
    else
        thread_resume(workers[who].thread);
    model_step(who, order);
    check_dispatcher(fake.disp);
    settle();
    check();
}

static void start(void)
{
    fake_kernel_start();
    fake_threads_start();
    memset(&mutex, 0xff, sizeof(mutex));
    memset(&cond, 0xff, sizeof(cond));
    memset(&sem, 0xff, sizeof(sem));
    thread_mutex_init(&mutex);
    thread_cond_init(&cond);
    thread_sem_init(&sem, model.value = 2);
    model.owner = -1;
    for (int i = 0; i < WORKERS; i++)
        workers[i].thread = thread_create(work, &workers[i]);
    settle();
    check();
}

/// Nobody waits any more.
static void come_home(void)
{
    for (int who = 0; who < WORKERS; who++) {
        step(who, RESUME);
        step(who, BROADCAST);
        step(who, SEM_POST);
    }
    while (model.owner >= 0)
        step(model.owner, UNLOCK);
}

static void run(void)
{
    struct test_random random;
    test_random_init(&random, 5);
    start();
    for (int i = 0; i < STEPS; i++) {
        int who = (int)test_random_below(&random, WORKERS);
        enum order order = (enum order)test_random_below(&random, ORDERS);
        if (is_allowed(who, order))
            step(who, order);
    }
    come_home();
    for (int i = 0; i < WORKERS; i++) {
        int status = 0;
        CU_ASSERT_FALSE_FATAL(workers[i].busy);
        workers[i].ended = true;
        thread_sem_post(&workers[i].orders);
        CU_ASSERT_EQUAL(thread_join(workers[i].thread, &status), SYS_ERR_OK);
        CU_ASSERT_EQUAL(status, 100 + i);
    }
    CU_ASSERT_TRUE(fake.disp->all == fake.disp->current && fake.disp->programs == 1);
    CU_ASSERT_PTR_NULL(fake.disp->timers);
}

static thread_once_t once = THREAD_ONCE_INIT;
static unsigned begun, finished;

static void initialise(void)
{
    begun++;
    thread_yield();
    fake_preempt();
    finished++;
}

static int use(void *arg)
{
    (void)arg;
    thread_once(&once, initialise);
    return (int)finished;
}

/// All come back when it has run, once.
static void runs_once(void)
{
    struct thread *threads[3];
    fake_kernel_start();
    fake_threads_start();
    for (int i = 0; i < 3; i++)
        threads[i] = thread_create(use, NULL);
    for (int i = 0; i < 3; i++) {
        int status = 0;
        CU_ASSERT_EQUAL(thread_join(threads[i], &status), SYS_ERR_OK);
        CU_ASSERT_EQUAL(status, 1);
    }
    CU_ASSERT_TRUE(use(NULL) == 1 && begun == 1);
    CU_ASSERT_TRUE(once.mutex.owner == NULL && !disp_is_disabled());
}

TEST_ISOLATED(run)
TEST_ISOLATED(runs_once)

TEST_SUITE("synchronisation") = {
    {"a random run against a model", test_run},
    {"once", test_runs_once},
};
