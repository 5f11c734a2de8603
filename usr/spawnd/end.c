// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The end of a domain, in stages: it stops first, so that it can make nothing new; then its badge
// ends at each service, so that nobody has an endpoint that still speaks for it; then the monitor
// forgets it, what it was made of is deleted, and the memory server takes the memory back and
// forgets it. Only then do others hear that it has ended, and may its ID be given again: whoever
// waited finds everything returned, and has seen the domain's last words.
//
// What a domain has made may be large: its end goes on in steps, a few in each event, and spawnd
// serves others in between. Several domains end in turns (end_queue.h).
#include "spawnd.h"

#include "barrelfish/capabilities.h"
#include "barrelfish/invocations.h"
#include "barrelfish/monitor_client.h"
#include "barrelfish/slot_alloc.h"
#include "barrelfish/waitset_chan.h"
#include "end_queue.h"

#define STEPS_EACH_EVENT 32u
#define STEPS_EACH_TURN 8u

enum stage {
    STAGE_MONITOR_BADGE, ///< these three: a capability with the badge is made, and revokes others
    STAGE_MEM_SERV_BADGE,
    STAGE_OWN_BADGE,
    STAGE_MONITOR, ///< the monitor forgets it
    STAGE_DELETE,
    STAGE_MEM_SERV, ///< the memory server is to forget it
};

/// By index in the table of domains.
static struct {
    enum stage stage;
    bool minted;         ///< `badge` is in use
    struct capref badge; ///< a slot that was allocated beforehand
    bool unheard;        ///< all is done, but its last words are not shown yet
    enum spawnd_state state;
    uint64_t status;
} endings[DOMAINS_MAX];

static struct end_queue queue;
static struct waitset_chanstate work_chan;

static void work(void *arg);

void end_init(void)
{
    _Static_assert(DOMAINS_MAX == END_QUEUE_MAX, "room for all");
    end_queue_init(&queue);
    waitset_chanstate_init(&work_chan, CHANTYPE_OTHER);
}

errval_t end_prepare(const struct domain *domain)
{
    struct capref *badge = &endings[domain_table_index(&domains, domain)].badge;
    return capref_is_null(*badge) ? slot_alloc(badge) : SYS_ERR_OK;
}

static void schedule_work(void)
{
    // Fails if it is scheduled already, which is as good.
    (void)!waitset_chan_trigger_closure(get_default_waitset(), &work_chan, MKCLOSURE(work, NULL));
}

/// A page fault at the stack pointer, or a little beside it: the stack reaches no further.
static bool is_overflow(uint64_t rsp, uint64_t address)
{
    return address + BASE_PAGE_SIZE >= rsp && address < rsp + BASE_PAGE_SIZE;
}

static const char *death_text(const uint64_t words[DEATH_WORDS])
{
    switch (words[0]) {
    case DEATH_FAULT_DISABLED:
        return is_overflow(words[5], words[3]) ? "stack overflow while disabled"
                                               : "page fault while disabled";
    case DEATH_TRAP_DISABLED:
        return "exception while disabled";
    case DEATH_BAD_ENTRY:
        return "an entry point is not a user address";
    case DEATH_NO_SYSCALL_ENTRY:
        return "foreign system call without an entry for it";
    case DEATH_DELETED:
        return "a part of it was deleted";
    default:
        return "stopped";
    }
}

static void check(errval_t err, const struct domain *domain, const char *what)
{
    if (err_is_fail(err))
        DEBUG_ERR(err, "domain %#x (%s): %s", domain->id, domain->name, what);
}

static void reply_if_waiting(struct client *client, void *arg)
{
    const struct domain *domain = arg;
    if (client->waits_for == domain->id) {
        client->waits_for = 0;
        answer_wait(client, domain);
    } else if (client->kills == domain->id) {
        client->kills = 0;
        answer_error(client, SYS_ERR_OK);
    }
}

static void finish(struct domain *domain)
{
    unsigned index = domain_table_index(&domains, domain);
    endings[index].unheard = !say_is_shown(domain);
    if (endings[index].unheard) {
        say_ask();
        return;
    }
    domain_table_end(&domains, domain, endings[index].state, endings[index].status);
    client_each(reply_if_waiting, domain);
}

void domain_words_shown(void)
{
    for (unsigned index = 0; index < DOMAINS_MAX; index++)
        if (endings[index].unheard)
            finish(&domains.domains[index]);
}

/// One step of ending a badge. SYS_ERR_AGAIN: more remain.
static errval_t badge_step(unsigned index, domainid_t id, struct capref service)
{
    struct capref badge = endings[index].badge;
    errval_t err = SYS_ERR_OK;
    if (!endings[index].minted) {
        err = cap_mint(badge, service, CAPRIGHTS_ALL, id);
        endings[index].minted = err_is_ok(err);
    }
    if (err_is_ok(err))
        err = invoke_cap_revoke(badge);
    if (err_no(err) == SYS_ERR_AGAIN)
        return err;
    if (endings[index].minted) {
        (void)cap_delete(badge); // One of several: a single step.
        endings[index].minted = false;
    }
    return err;
}

/// The step of a stage that ends a badge. SYS_ERR_OK: the stage is over.
static errval_t step(unsigned index, struct domain *domain)
{
    const struct capref services[] = {
        {ROOTCN_CNODE(ROOTCN_SLOT_ARGCN), SPAWND_ARG_MONITOREP},
        {ROOTCN_CNODE(ROOTCN_SLOT_ARGCN), SPAWND_ARG_MEMSERVEP},
        TASKCN_CAP(TASKCN_SLOT_SELFEP),
    };
    enum stage stage = endings[index].stage;
    errval_t err;
    switch (stage) {
    case STAGE_MONITOR:
        check(monitor_forget(domain->id), domain, "the monitor still knows it");
        return SYS_ERR_OK;
    case STAGE_DELETE:
        err = spawn_destroy_step(&domain_infos[index]);
        break;
    default:
        err = badge_step(index, domain->id, services[stage - STAGE_MONITOR_BADGE]);
        break;
    }
    if (err_no(err) == SYS_ERR_AGAIN)
        return err;
    check(err, domain,
          stage == STAGE_DELETE ? "not all of it could be deleted"
                                : "a service's endpoint still speaks for it");
    return SYS_ERR_OK;
}

/// A few steps of a domain. What more there is to do is in the queue then.
static void take_turn(uint16_t index)
{
    struct domain *domain = &domains.domains[index];
    for (unsigned i = 0; i < STEPS_EACH_TURN; i++) {
        if (endings[index].stage == STAGE_MEM_SERV) {
            if (!end_queue_forget(&queue, index))
                return;
            errval_t err = memory_forget(domain->id);
            if (err_is_fail(err)) {
                check(err, domain, "the memory server still knows it");
                domain_forgotten(domain->id);
            }
            return;
        }
        if (err_is_ok(step(index, domain)))
            endings[index].stage++;
    }
    end_queue_add(&queue, index);
}

static void work(void *arg)
{
    uint16_t index;
    (void)arg;
    for (unsigned i = 0; i < STEPS_EACH_EVENT / STEPS_EACH_TURN; i++) {
        if (!end_queue_take(&queue, &index))
            return;
        take_turn(index);
    }
    schedule_work();
}

void domain_end(struct domain *domain, enum spawnd_state state, uint64_t status)
{
    uint16_t index = (uint16_t)domain_table_index(&domains, domain);
    (void)invoke_dispatcher_stop(domain_infos[index].dispatcher); // Fails if it has died.
    domain->ending = true;
    client_forget_local(domain->id);
    local_forget(domain->id);
    endings[index].stage = STAGE_MONITOR_BADGE;
    endings[index].minted = false;
    endings[index].state = state;
    endings[index].status = status;
    end_queue_add(&queue, index);
    schedule_work();
}

/// The memory server has taken what the domain was made of, unless it had not been charged for it yet.
static void drop_ram(struct spawn_info *info)
{
    if (!capref_is_null(info->ram))
        cap_drop(info->ram);
    info->ram = NULL_CAP;
}

void domain_forgotten(domainid_t id)
{
    struct domain *domain = domain_table_find(&domains, id);
    end_queue_forgotten(&queue);
    if (domain != NULL && domain->ending) {
        drop_ram(&domain_infos[domain_table_index(&domains, domain)]);
        finish(domain);
    }
    schedule_work();
}

void domain_died(const uint64_t *words, size_t length)
{
    struct domain *domain = length >= 2 && words[1] <= UINT32_MAX
                                ? domain_table_find(&domains, (domainid_t)words[1])
                                : NULL;
    if (domain == NULL || domain->state != SPAWND_RUNNING || domain->ending)
        return; // One that was ended here: the CPU driver says so too.
    say_death(domain->id);
    if (length >= DEATH_WORDS) {
        debug_printf("domain %#x (%s) died: %s, rip %#lx, address %#lx, error %#lx, rsp %#lx\n",
                     domain->id, domain->name, death_text(words), words[2], words[3], words[4],
                     words[5]);
        say_was_of(domain);
    }
    domain_end(domain, SPAWND_DIED, words[0]);
}
