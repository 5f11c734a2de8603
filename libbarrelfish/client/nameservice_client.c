// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The client of the name service: names into words, see if/monitor.h. Stands on the requests and
// events of monitor_client.c.

#include "barrelfish/nameservice_client.h"

#include "barrelfish/blocking.h"
#include "monitor_events.h"

#include <stdlib.h>
#include <string.h>

static errval_t call(enum monitor_op op, const char *iface, uint64_t value,
                     uint64_t out[LMP_MSG_LENGTH])
{
    uint64_t in[LMP_MSG_LENGTH] = {op, value};
    size_t length = strlen(iface);
    if (length == 0 || length > MONITOR_NAME_BYTES)
        return NS_ERR_NAME;
    memcpy(&in[MONITOR_NAME_WORD], iface, length);
    return monitor_call(in, NULL_CAP, out, NULL);
}

errval_t nameservice_register(const char *iface, iref_t iref)
{
    uint64_t out[LMP_MSG_LENGTH];
    return call(MONITOR_NAME_REGISTER, iface, iref, out);
}

errval_t nameservice_unregister(const char *iface)
{
    uint64_t out[LMP_MSG_LENGTH];
    return call(MONITOR_NAME_UNREGISTER, iface, 0, out);
}

errval_t nameservice_lookup(const char *iface, iref_t *retiref)
{
    uint64_t out[LMP_MSG_LENGTH];
    errval_t err = call(MONITOR_NAME_LOOKUP, iface, 0, out);
    if (err_is_ok(err))
        *retiref = out[1];
    return err;
}

/// A lookup for a name that is not there yet. The monitor knows no way to take one back: if its
/// thread gives up it stays, and the next lookup of that name takes it over. Changed between
/// monitor_events_begin() and _end(), and by the events' thread, which that holds back.
struct name_wait {
    struct monitor_wait wait;
    struct list place; ///< on the list `abandoned`, or in none
    bool done;
    char name[MONITOR_NAME_BYTES + 1];
};

static struct list abandoned = LIST_EMPTY(abandoned);

static void name_came(struct monitor_wait *wait)
{
    struct name_wait *name = wait->st;
    if (list_is_in(&name->place)) {
        list_remove(&name->place);
        free(name);
        return;
    }
    name->done = true;
    thread_sem_post(&wait->sem);
}

static errval_t wait_for_name(const char *iface, struct name_wait **ret)
{
    uint64_t out[LMP_MSG_LENGTH];
    for (struct list *place = abandoned.next; place != &abandoned; place = place->next) {
        struct name_wait *wait = LIST_OWNER(place, struct name_wait, place);
        if (strcmp(wait->name, iface) == 0) {
            list_remove(place);
            *ret = wait;
            return SYS_ERR_OK;
        }
    }
    struct name_wait *wait = calloc(1, sizeof(*wait));
    if (wait == NULL)
        return LIB_ERR_MALLOC_FAIL;
    errval_t err = call(MONITOR_NAME_WAIT, iface, 0, out);
    if (err_is_fail(err)) {
        free(wait);
        return err;
    }
    strcpy(wait->name, iface); // call() has checked its length
    monitor_wait_add(&wait->wait, MONITOR_EVENT_NAME, out[1], name_came, wait);
    *ret = wait;
    return SYS_ERR_OK;
}

/// False: it came just now.
static bool give_up(struct name_wait *wait)
{
    monitor_events_hold();
    bool late = !wait->done;
    if (late)
        list_add(&abandoned, &wait->place);
    monitor_events_end();
    return late;
}

errval_t nameservice_blocking_lookup(const char *iface, iref_t *retiref)
{
    struct name_wait *wait;
    errval_t err = monitor_events_begin();
    if (err_is_fail(err))
        return err;
    err = wait_for_name(iface, &wait);
    monitor_events_end();
    if (err_is_fail(err))
        return err;
    if (!monitor_wait_try(&wait->wait, blocking_deadline(BLOCKING_LIMIT_US)) && give_up(wait))
        return LIB_ERR_LOOKUP_TIMEOUT;
    err = wait->wait.err;
    if (err_is_ok(err))
        *retiref = wait->wait.value;
    free(wait);
    return err;
}
