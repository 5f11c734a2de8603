// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Memory that is taken back by force: from domains that have ended, all of it, and from those under
// revocation (revocation.h) what they have not given. One range at a time, in steps of the CPU
// driver (KERNEL_CMD_RECLAIM), each an event of the waitset, so that other clients are served in
// between. Newest ranges go first: a domain's oldest memory is what it was loaded into, its CNodes
// and its page tables.
//
// What other cores may hold cannot be taken: the range is `stuck` then. It stays on the account,
// and when that ends it is nobody's until the last copy goes.
#include "info.h"
#include "mem_serv.h"

#include "barrelfish/capabilities.h"
#include "barrelfish/deferred.h"
#include "barrelfish/slot_alloc.h"
#include "if/mem_serv.h"
#include "revocation.h"

#define STEPS_EACH_EVENT 8
/// A holder has this long to make room for a message that says what it lost.
#define LOST_RETRY_US 1000u
#define LOST_TRIES 100u

struct revoking {
    struct account *account; ///< NULL: unused
    struct revocation machine;
    struct capref done_ep;
    struct deferred_event timer;
    genpaddr_t lost_base; ///< what the holder is still to be told of; lost_bytes 0: nothing
    gensize_t lost_bytes;
    unsigned lost_tries;
};

static struct revoking revokings[MEM_SERV_RECLAIMS_MAX];
static struct account *endings; ///< accounts that are ending

/// The range that is being taken.
static struct {
    struct account *account;   ///< NULL: none
    struct revoking *revoking; ///< or NULL
    genpaddr_t base, from;
    gensize_t bytes;
    bool covered; ///< it has been taken, and is to be put among the free ranges
} job;
static struct capref cover; ///< slot
static struct waitset_chanstate work_chan;

static void work(void *arg);
static void act(struct revoking *revoking, enum revocation_action action);

errval_t reclaim_init(void)
{
    waitset_chanstate_init(&work_chan, CHANTYPE_OTHER);
    for (unsigned i = 0; i < MEM_SERV_RECLAIMS_MAX; i++)
        deferred_event_init(&revokings[i].timer);
    return slot_alloc(&cover);
}

static void schedule_work(void)
{
    // Fails if it is scheduled already, which is as good.
    (void)!waitset_chan_trigger_closure(get_default_waitset(), &work_chan, MKCLOSURE(work, NULL));
}

static void give(struct revoking *revoking, enum revocation_event event)
{
    act(revoking, revocation_step(&revoking->machine, event, revoking->account->bytes));
}

static void set_timer(struct revoking *revoking, delayus_t delay, void (*func)(void *))
{
    (void)deferred_event_register(&revoking->timer, get_default_waitset(), delay,
                                  MKCLOSURE(func, revoking));
}

static void on_deadline(void *arg)
{
    struct revoking *revoking = arg;
    memory_drain();
    give(revoking, REVOCATION_DEADLINE);
}

static void ask(struct revoking *revoking, delayus_t deadline_us)
{
    uint64_t words[LMP_MSG_LENGTH] = {MEM_SERV_WANTED, revoking->machine.wanted,
                                      systime_now() + us_to_systime(deadline_us)};
    errval_t err = lmp_send(revoking->account->revoke_ep, 0, NULL_CAP, 3, words);
    if (err_is_fail(err) && !lmp_err_is_transient(err)) {
        give(revoking, REVOCATION_DEADLINE); // It can be told nothing any more.
        return;
    }
    set_timer(revoking, deadline_us, on_deadline);
}

static void answer(struct revoking *revoking)
{
    uint64_t words[LMP_MSG_LENGTH] = {MEM_SERV_RECLAIMED, revoking->account->domain,
                                      revocation_returned(&revoking->machine),
                                      revoking->machine.forced};
    (void)deferred_event_cancel(&revoking->timer); // Fails if it has passed.
    (void)lmp_send(revoking->done_ep, 0, NULL_CAP, 4, words);
    (void)cap_destroy(revoking->done_ep);
    if (job.revoking == revoking)
        job.revoking = NULL;
    revoking->account = NULL;
}

static void act(struct revoking *revoking, enum revocation_action action)
{
    if (action == REVOCATION_TAKE)
        schedule_work();
    else if (action == REVOCATION_DONE)
        answer(revoking);
}

static struct revoking *revoking_of(const struct account *account)
{
    for (unsigned i = 0; i < MEM_SERV_RECLAIMS_MAX; i++)
        if (revokings[i].account == account)
            return &revokings[i];
    return NULL;
}

errval_t reclaim_begin(struct account *account, uint64_t bytes, delayus_t deadline_us,
                       struct capref done_ep)
{
    struct revoking *revoking = revoking_of(NULL);
    if (revoking_of(account) != NULL || account->ending || revoking == NULL)
        return LIB_ERR_RECLAIM_BUSY;
    revoking->account = account;
    revoking->done_ep = done_ep;
    revoking->lost_bytes = 0;
    enum revocation_action action = revocation_begin(&revoking->machine, bytes, account->bytes,
                                                     !capref_is_null(account->revoke_ep));
    if (action == REVOCATION_ASK)
        ask(revoking, deadline_us);
    else
        act(revoking, action);
    return SYS_ERR_OK;
}

void reclaim_held_changed(void)
{
    if (job.covered)
        schedule_work();
    for (unsigned i = 0; i < MEM_SERV_RECLAIMS_MAX; i++)
        if (revokings[i].account != NULL && job.revoking != &revokings[i] &&
            revokings[i].lost_bytes == 0)
            give(&revokings[i], REVOCATION_HELD);
}

/// Tells a holder what it lost, again if it has no room for the message now; then goes on.
static void tell_lost(void *arg)
{
    struct revoking *revoking = arg;
    uint64_t words[LMP_MSG_LENGTH] = {MEM_SERV_LOST, revoking->lost_base, revoking->lost_bytes};
    errval_t err = capref_is_null(revoking->account->revoke_ep)
                       ? SYS_ERR_OK
                       : lmp_send(revoking->account->revoke_ep, 0, NULL_CAP, 3, words);
    if (lmp_err_is_transient(err) && ++revoking->lost_tries < LOST_TRIES) {
        set_timer(revoking, LOST_RETRY_US, tell_lost);
        return;
    }
    revoking->lost_bytes = 0;
    give(revoking, REVOCATION_TAKEN);
}

void tell_forgotten(uint32_t badge, domainid_t domain)
{
    const struct account *asker = accounts_find(&accounts, badge);
    uint64_t words[LMP_MSG_LENGTH] = {MEM_SERV_FORGOTTEN, domain};
    if (asker != NULL && !capref_is_null(asker->revoke_ep))
        (void)lmp_send(asker->revoke_ep, 0, NULL_CAP, 2, words);
}

static void finish_ending(struct account *account)
{
    uint32_t badge = account->ended_by;
    domainid_t domain = account->domain;
    endings = account->next_ending;
    memory_end(account);
    tell_forgotten(badge, domain);
}

static bool job_start(struct account *account, struct revoking *revoking)
{
    const struct held_range *range = held_ranges_newest(account);
    if (range == NULL)
        return false;
    job.account = account;
    job.revoking = revoking;
    job.base = range->node.base;
    job.bytes = range->node.bytes;
    job.from = 0;
    job.covered = false;
    info_remove_range(job.base, job.bytes);
    return true;
}

/// Looks for a range to take; domains that have ended come first.
static bool job_find(void)
{
    while (endings != NULL) {
        if (job_start(endings, NULL))
            return true;
        finish_ending(endings);
    }
    for (unsigned i = 0; i < MEM_SERV_RECLAIMS_MAX; i++) {
        struct revoking *revoking = &revokings[i];
        if (revoking->account != NULL && revoking->machine.state == REVOCATION_FORCING &&
            revoking->lost_bytes == 0) {
            if (job_start(revoking->account, revoking))
                return true;
            give(revoking, REVOCATION_NOTHING);
        }
    }
    return false;
}

static void job_end(void)
{
    struct revoking *revoking = job.revoking;
    job.account = NULL;
    job.revoking = NULL;
    if (revoking != NULL) {
        revoking->lost_base = job.base;
        revoking->lost_bytes = job.bytes;
        revoking->lost_tries = 0;
        tell_lost(revoking);
    }
}

/// The range is in `cover`. That it can be put is reserved (M1 in memory.c); should it fail all the
/// same, it is tried again when something else has happened, not at once and for ever.
static bool put_covered(void)
{
    errval_t err = memory_put(cover);
    job.covered = err_is_fail(err) && err_no(err) != SYS_ERR_CAP_NOT_FOUND;
    if (!job.covered)
        job_end();
    return !job.covered;
}

/// False: no more can be done now.
static bool job_step(void)
{
    if (job.covered)
        return put_covered();
    errval_t err = invoke_kernel_reclaim(cap_kernel, job.base, job.bytes, cover, &job.from);
    if (err_no(err) == SYS_ERR_AGAIN)
        return true;
    if (err_is_ok(err))
        return put_covered();
    if (err_no(err) == SYS_ERR_CAP_BUSY) {
        // Some of it is on its way back; what is left will be found when that has been taken.
        job.account = NULL;
        job.revoking = NULL;
        return true;
    }
    if (err_no(err) != SYS_ERR_REMOTE)
        DEBUG_ERR(err, "memory at %#lx, %#lx bytes, cannot be taken back", job.base, job.bytes);
    held_ranges_first(&held, job.base, job.bytes)->stuck = true; // It is still there.
    (void)cap_delete(cover); // What nobody has of it comes back then.
    memory_drain();
    job_end();
    return true;
}

static void work(void *arg)
{
    (void)arg;
    for (unsigned i = 0; i < STEPS_EACH_EVENT; i++) {
        if (job.account == NULL) {
            memory_drain();
            reclaim_held_changed();
            if (!job_find())
                return;
        }
        bool goes_on = job_step();
        memory_refill();
        if (!goes_on)
            return;
    }
    schedule_work();
}

void reclaim_all(struct account *account, uint32_t badge)
{
    struct revoking *revoking = revoking_of(account);
    account->ending = true;
    account->ended_by = badge;
    account->next_ending = endings;
    endings = account;
    if (!capref_is_null(account->revoke_ep)) {
        cap_drop(account->revoke_ep);
        account->revoke_ep = NULL_CAP;
    }
    if (revoking != NULL)
        give(revoking, REVOCATION_ENDED);
    work(NULL);
}
