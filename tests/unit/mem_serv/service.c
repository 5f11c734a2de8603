// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The library's calls of the memory server beyond those of kernel.c.
#include "service.h"

#include "barrelfish/capabilities.h"
#include "barrelfish/deferred.h"
#include "barrelfish/invocations.h"
#include "barrelfish/slot_alloc.h"
#include "barrelfish/vspace_common.h"
#include "caps/caps.h"
#include "kpi/info.h"

#include <fakes/fakes.h>
#include <stdio.h>
#include <string.h>

enum { MESSAGES = 256, TIMERS = 32, ROOM = 16 };

/// Memory that is not the server's: a dispatcher with its frame, and pages of information.
#define DISPATCHER_BASE SERVICE_END
#define FRAME_BASE (DISPATCHER_BASE + OBJSIZE_DISPATCHER)
#define PAGES_BASE (FRAME_BASE + DISPATCHER_FRAME_BYTES)

int mem_serv_main(void);

static bool lose_replies, fail_mapping;
static lmp_server_handler handler;
static uint32_t forgot;
static unsigned client_slots;
static struct capref given;
static genpaddr_t given_base;

static struct {
    struct capref cap; ///< its owner's
    unsigned room;
    unsigned count;
    struct {
        size_t length;
        uint64_t words[LMP_MSG_LENGTH];
    } messages[MESSAGES];
} endpoints[ENDPOINTS];

static struct {
    struct deferred_event *event;
    delayus_t delay;
    struct event_closure closure;
} timers[TIMERS];
static unsigned timers_count;
static unsigned mapped, reclaim_steps;
static unsigned slots_at_start;
static gensize_t own_at_start;

/// A slot of a client's.
static struct capref client_slot(void)
{
    return kernel_client_slot(client_slots++);
}

/// A dispatcher, whose endpoints these are.
static void make_endpoints(void)
{
    struct capref ram = kernel_make_ram(DISPATCHER_BASE, PAGES_BASE - DISPATCHER_BASE);
    struct capref dispatcher = client_slot();
    CU_ASSERT_EQUAL_FATAL(cap_retype(dispatcher, ram, 0, ObjType_Dispatcher, OBJSIZE_DISPATCHER, 1),
                          SYS_ERR_OK);
    struct dispatcher_slots *slots = caps_dispatcher_slots(kernel_caps(), DISPATCHER_BASE);
    struct caps_dest dest = caps_dest_kernel(&slots->frame);
    uint32_t done;
    CU_ASSERT_EQUAL_FATAL(caps_retype(kernel_caps(), kernel_cte(ram), OBJSIZE_DISPATCHER,
                                      ObjType_Frame, DISPATCHER_FRAME_BYTES, 1, &dest, &done),
                          SYS_ERR_OK);
    for (unsigned i = 0; i < ENDPOINTS; i++) {
        endpoints[i].cap = client_slot();
        endpoints[i].room = ROOM;
        endpoints[i].count = 0;
        dest = caps_dest_kernel(kernel_cte(endpoints[i].cap));
        CU_ASSERT_EQUAL_FATAL(caps_endpoint_create(kernel_caps(), kernel_cte(dispatcher),
                                                   8192 + i * 2048, ROOM, false, &dest),
                              SYS_ERR_OK);
    }
    (void)cap_destroy(ram);
}

bool service_start(unsigned failing)
{
    kernel_start();
    timers_count = client_slots = mapped = reclaim_steps = 0;
    forgot = 0;
    fake_replies_start();
    fake_waitset_start();
    lose_replies = fail_mapping = false;
    struct capref region = kernel_make_ram(KERNEL_MEMORY_BASE, SERVICE_BYTES);
    kernel_give_regions(&region, 1);
    kernel_grow_by_server(512);
    kernel_fail_start(failing);
    if (!fake_program_run(mem_serv_main))
        return false;
    make_endpoints();
    slots_at_start = kernel_slots_used();
    own_at_start = held.bytes;
    return true;
}

void service_end(void)
{
    kernel_idle();
    service_hear();
    CU_ASSERT(fake_waitset_pending() == 0 && timers_count == 0 && mapped == 0);
    CU_ASSERT_EQUAL(held.bytes, own_at_start);
    CU_ASSERT_EQUAL(kernel_slots_used(), slots_at_start);
    for (unsigned i = 0; i < ENDPOINTS; i++)
        CU_ASSERT_EQUAL(service_copies(i), 0);
    CU_ASSERT_TRUE(accounts_valid(&accounts));
    CU_ASSERT_TRUE(held_ranges_valid(&held, &accounts));
    CU_ASSERT_TRUE(kernel_valid());
    kernel_stop();
}

void debug_err(const char *file, const char *func, int line, errval_t err, const char *msg, ...)
{
    (void)file;
    (void)func;
    (void)line;
    (void)err;
    (void)msg;
    CU_FAIL("nothing is to be said");
}

// Requests.

errval_t lmp_server_init(struct lmp_server *which, struct waitset *ws, lmp_server_handler func,
                         void *st)
{
    CU_ASSERT(which == &server && ws == get_default_waitset() && st == NULL);
    handler = func;
    return kernel_start_call();
}

void lmp_server_run(struct lmp_server *which)
{
    CU_ASSERT_PTR_EQUAL(which, &server);
    fake_program_serves();
}

void lmp_server_forget(struct lmp_server *which, uint32_t badge)
{
    (void)which;
    forgot = badge;
}

bool service_forgot(uint32_t badge)
{
    bool same = forgot == badge;
    forgot = 0;
    return same;
}

void service_lose_replies(bool lose)
{
    lose_replies = lose;
}

errval_t lmp_server_reply(struct lmp_server *which, uint32_t badge,
                          const uint64_t answer[LMP_MSG_LENGTH], struct capref cap, bool give)
{
    (void)which;
    CU_ASSERT(badge != 0 && give == !capref_is_null(cap));
    if (give && lose_replies)
        return LIB_ERR_CHAN_CLOSED;
    if (give) {
        given = client_slot();
        CU_ASSERT_EQUAL_FATAL(cap_copy(given, cap), SYS_ERR_OK);
        CU_ASSERT_EQUAL_FATAL(cap_delete(cap), SYS_ERR_OK);
    }
    fake_reply_add(badge, answer);
    return SYS_ERR_OK;
}

void service_ask(uint32_t badge, enum mem_serv_op op, uint64_t word1, uint64_t word2,
                 uint64_t word3, uint64_t word4, struct capref cap)
{
    const uint64_t words[LMP_MSG_LENGTH] = {op, word1, word2, word3, word4};
    handler(NULL, badge, words, LMP_MSG_LENGTH, cap);
}

bool service_answer(uint32_t badge, uint64_t words[LMP_MSG_LENGTH])
{
    return fake_reply_take(badge, words, LMP_MSG_LENGTH);
}

bool service_errs(uint32_t badge, enum mem_serv_op op, uint64_t word1, uint64_t word2,
                  uint64_t word3, uint64_t word4, struct capref cap, errval_t err)
{
    uint64_t words[LMP_MSG_LENGTH] = {0};
    service_ask(badge, op, word1, word2, word3, word4, cap);
    bool answered = service_answer(badge, words), same = answered && words[0] == err;
    if (!same)
        printf("\n  %s %lu, not %lu\n", answered ? "answer" : "no answer", words[0], err);
    return same && !service_answer(badge, words);
}

struct capref service_take(uint32_t badge, unsigned pages)
{
    uint64_t words[LMP_MSG_LENGTH] = {1};
    service_ask(badge, MEM_SERV_ALLOC, pages * BASE_PAGE_SIZE, BASE_PAGE_SIZE, 0, 0, NULL_CAP);
    CU_ASSERT_FATAL(service_answer(badge, words) && words[0] == SYS_ERR_OK);
    CU_ASSERT_EQUAL(words[2], pages * BASE_PAGE_SIZE);
    given_base = words[1];
    return given;
}

genpaddr_t service_base(void)
{
    return given_base;
}

void service_hear(void)
{
    handler(NULL, 0, (const uint64_t[LMP_MSG_LENGTH]){0}, 0, NULL_CAP);
}

void service_drop(struct capref cap)
{
    CU_ASSERT_EQUAL(cap_delete(cap), SYS_ERR_OK);
    service_hear();
}

// Endpoints.

static bool is_copy(const struct cte *slot, unsigned id)
{
    return slot->cap.type == ObjType_EndPointLMP &&
           (slot->cap.extra & UINT32_MAX) == 8192 + id * 2048;
}

struct capref service_endpoint(unsigned id)
{
    struct capref slot;
    CU_ASSERT_EQUAL_FATAL(slot_alloc(&slot), SYS_ERR_OK);
    CU_ASSERT_EQUAL_FATAL(cap_copy(slot, endpoints[id].cap), SYS_ERR_OK);
    return slot;
}

void service_set_room(unsigned id, unsigned messages)
{
    endpoints[id].room = messages;
}

/// The slots that the library gives out are those below the first client's.
unsigned service_copies(unsigned id)
{
    unsigned count = 0;
    for (const struct cte *slot = kernel_cte(NULL_CAP); slot < kernel_cte(kernel_client_slot(0));
         slot++)
        count += is_copy(slot, id);
    return count;
}

errval_t lmp_send(struct capref endpoint, uint32_t flags, struct capref send_cap, size_t length,
                  const uint64_t words[LMP_MSG_LENGTH])
{
    unsigned id = 0;
    CU_ASSERT(flags == 0 && capref_is_null(send_cap) && length <= LMP_MSG_LENGTH);
    while (id < ENDPOINTS && !is_copy(kernel_cte(endpoint), id))
        id++;
    CU_ASSERT_FATAL(id < ENDPOINTS);
    if (endpoints[id].room == UINT32_MAX)
        return SYS_ERR_LMP_NO_TARGET;
    if (endpoints[id].count >= endpoints[id].room)
        return SYS_ERR_LMP_BUF_OVERFLOW;
    unsigned place = endpoints[id].count++;
    CU_ASSERT_FATAL(place < MESSAGES);
    endpoints[id].messages[place].length = length;
    memcpy(endpoints[id].messages[place].words, words, length * sizeof(words[0]));
    return SYS_ERR_OK;
}

size_t service_message(unsigned id, uint64_t words[LMP_MSG_LENGTH])
{
    if (endpoints[id].count == 0)
        return 0;
    size_t length = endpoints[id].messages[0].length;
    memcpy(words, endpoints[id].messages[0].words, length * sizeof(words[0]));
    memmove(&endpoints[id].messages[0], &endpoints[id].messages[1],
            --endpoints[id].count * sizeof(endpoints[id].messages[0]));
    return length;
}

bool service_got(unsigned id, const uint64_t *expected, size_t length)
{
    uint64_t words[LMP_MSG_LENGTH] = {0};
    size_t came = service_message(id, words);
    bool same = came == length && memcmp(words, expected, length * sizeof(words[0])) == 0;
    if (!same)
        printf("\n  %zu words %lx %lx %lx %lx\n", came, words[0], words[1], words[2], words[3]);
    return same && endpoints[id].count == 0;
}

// Events and time.

bool service_dispatch(void)
{
    return fake_waitset_dispatch();
}

void service_run(void)
{
    unsigned events = 0;
    while (events < 10000 && service_dispatch())
        events++;
    CU_ASSERT(events < 10000);
}

systime_t us_to_systime(delayus_t us)
{
    return us * 1000;
}

void deferred_event_init(struct deferred_event *event)
{
    memset(event, 0, sizeof(*event));
}

/// Its place among those that are registered, or their number.
static unsigned timer_of(const struct deferred_event *event)
{
    unsigned i = 0;
    while (i < timers_count && timers[i].event != event)
        i++;
    return i;
}

errval_t deferred_event_register(struct deferred_event *event, struct waitset *ws, delayus_t delay,
                                 struct event_closure closure)
{
    CU_ASSERT_PTR_EQUAL(ws, get_default_waitset());
    if (timer_of(event) < timers_count)
        return LIB_ERR_CHAN_ALREADY_REGISTERED;
    CU_ASSERT_FATAL(timers_count < TIMERS);
    timers[timers_count].event = event;
    timers[timers_count].delay = delay;
    timers[timers_count++].closure = closure;
    return SYS_ERR_OK;
}

static struct event_closure timer_take(unsigned i)
{
    struct event_closure closure = timers[i].closure;
    timers[i] = timers[--timers_count];
    return closure;
}

errval_t deferred_event_cancel(struct deferred_event *event)
{
    unsigned i = timer_of(event);
    if (i == timers_count)
        return LIB_ERR_CHAN_NOT_REGISTERED;
    (void)timer_take(i);
    return SYS_ERR_OK;
}

delayus_t service_time_passes(void)
{
    unsigned first = 0;
    if (timers_count == 0)
        return 0;
    for (unsigned i = 1; i < timers_count; i++)
        first = timers[i].delay < timers[first].delay ? i : first;
    delayus_t delay = timers[first].delay;
    struct event_closure closure = timer_take(first);
    closure.handler(closure.arg);
    return delay;
}

unsigned service_timers(void)
{
    return timers_count;
}

// Memory.

errval_t invoke_kernel_reclaim(struct capref kernel, genpaddr_t base, gensize_t bytes,
                               struct capref slot, uint64_t *from)
{
    struct caps_dest dest = caps_dest_kernel(kernel_cte(slot));
    CU_ASSERT_TRUE(capcmp(kernel, cap_kernel));
    reclaim_steps++;
    return caps_reclaim(kernel_caps(), &dest, base, bytes, from);
}

unsigned service_reclaim_steps(void)
{
    unsigned steps = reclaim_steps;
    reclaim_steps = 0;
    return steps;
}

void service_set_remote(struct capref cap, bool remote)
{
    CU_ASSERT_EQUAL(caps_set_remote(kernel_caps(), kernel_cte(cap), remote), SYS_ERR_OK);
}

struct capref service_page(struct capref ram)
{
    struct capref frame;
    CU_ASSERT_EQUAL_FATAL(slot_alloc(&frame), SYS_ERR_OK);
    CU_ASSERT_EQUAL_FATAL(cap_retype(frame, ram, 0, ObjType_Frame, kernel_cte(ram)->cap.bytes, 1),
                          SYS_ERR_OK);
    return frame;
}

errval_t frame_identify(struct capref frame, struct frame_identity *ret)
{
    struct capability identity;
    errval_t err = cap_identify(frame, &identity);
    if (err_is_ok(err) && identity.type != ObjType_Frame)
        err = SYS_ERR_CAP_TYPE;
    if (err_is_ok(err))
        *ret = (struct frame_identity){identity.base, identity.bytes};
    return err;
}

errval_t vspace_map_one_frame(void **retaddr, size_t size, struct capref frame,
                              struct memobj **retmemobj, struct vregion **retvregion)
{
    struct frame_identity identity = {0};
    CU_ASSERT(size == BASE_PAGE_SIZE && retmemobj == NULL && retvregion == NULL);
    CU_ASSERT_EQUAL(frame_identify(frame, &identity), SYS_ERR_OK);
    if (fail_mapping)
        return LIB_ERR_PMAP;
    mapped++;
    *retaddr = caps_ptr(kernel_caps(), identity.base);
    return SYS_ERR_OK;
}

errval_t vspace_unmap(const void *buf)
{
    (void)buf;
    mapped--;
    return SYS_ERR_OK;
}

const struct info_memory *service_info(genpaddr_t base)
{
    return &((const struct domain_info *)caps_ptr(kernel_caps(), base))->memory;
}

unsigned service_mapped(void)
{
    return mapped;
}

void service_fail_mapping(bool fail)
{
    fail_mapping = fail;
}
