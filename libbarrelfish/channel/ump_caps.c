// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Capabilities over a channel between cores. They go by way of the monitors (MONITOR_CAP), beside the
// rings: whoever sends some with a message says so in its words, and whoever receives it waits for
// them (ump_chan_await_caps()). See barrelfish/ump_chan.h. The events' thread puts down what comes
// (ump_caps_arrived()); what both touch is touched disabled.
//
// UC1 Of what the other side has sent and this one has not taken there are UMP_CAPS_MAX at most; the
//     monitors see to that. For each there is a place in the queue and a slot, from the beginning on.

#include "barrelfish/capabilities.h"
#include "barrelfish/dispatch.h"
#include "barrelfish/domain.h"
#include "barrelfish/slot_alloc.h"
#include "channel/ump_internal.h"
#include "dispatch/dispatcher.h"

#include <assert.h>
#include <stdlib.h>

_Static_assert(UMP_CAPS_MAX == MONITOR_CAPS_MAX, "UC1");

ump_caps_call_fn *ump_caps_call;

void ump_caps_free(struct ump_chan *uc)
{
    struct ump_caps *caps = uc->caps;
    if (caps == NULL)
        return;
    for (; caps->count > 0; caps->count--, caps->first++)
        if (!capref_is_null(caps->queue[caps->first % UMP_CAPS_MAX].cap))
            (void)cap_destroy(caps->queue[caps->first % UMP_CAPS_MAX].cap);
    while (caps->slots_count > 0)
        (void)slot_free(caps->slots[--caps->slots_count]);
    free(caps);
    uc->caps = NULL;
}

errval_t ump_chan_reserve_caps(struct ump_chan *uc)
{
    if (uc->caps != NULL || uc->id == 0)
        return SYS_ERR_OK;
    struct ump_caps *caps = calloc(1, sizeof(*caps));
    errval_t err = caps != NULL ? SYS_ERR_OK : LIB_ERR_MALLOC_FAIL;
    while (err_is_ok(err) && caps->slots_count < UMP_CAPS_MAX) {
        err = slot_alloc(&caps->slots[caps->slots_count]);
        caps->slots_count += err_is_ok(err) ? 1 : 0;
    }
    dispatcher_handle_t handle = disp_disable();
    uc->caps = caps;
    disp_enable(handle);
    if (err_is_fail(err))
        ump_caps_free(uc);
    return err;
}

struct capref ump_caps_arrived(struct ump_chan *uc, const uint64_t *words, struct capref cap)
{
    struct ump_caps *caps = uc->caps;
    bool any = words[5] != 0, wanted = any && caps != NULL && caps->count < UMP_CAPS_MAX;
    if (!wanted && !capref_is_null(cap))
        (void)cap_delete(cap);
    if (caps == NULL)
        return cap;
    dispatcher_handle_t handle = disp_disable();
    caps->out -= words[4] < caps->out ? (unsigned)words[4] : caps->out;
    if (wanted) {
        assert(caps->slots_count > 0); // UC1
        caps->queue[(caps->first + caps->count++) % UMP_CAPS_MAX] =
            (struct ump_cap){cap, capref_is_null(cap) ? words[2] : SYS_ERR_OK};
        if (!capref_is_null(cap))
            cap = caps->slots[--caps->slots_count];
    }
    disp_enable(handle);
    if (caps->awaited > 0 && caps->count >= caps->awaited)
        (void)waitset_chan_trigger(&uc->recv_chan);
    if (caps->room > 0 && UMP_CAPS_MAX - caps->out >= caps->room)
        (void)waitset_chan_trigger(&uc->send_chan);
    return cap;
}

errval_t ump_chan_check_cap(struct ump_chan *uc, struct capref cap)
{
    struct capability info;
    if (uc->caps == NULL)
        return MON_ERR_CAP_SEND;
    errval_t err = cap_identify(cap, &info);
    if (err_is_ok(err) && (info.rights & CAPRIGHTS_GRANT) == 0)
        err = SYS_ERR_RIGHTS;
    if (err_is_fail(err) || uc->recv_chan.peer >> 16 == disp_get_core_id())
        return err;
    bool crosses = info.type == ObjType_Frame || info.type == ObjType_DevFrame ||
                   info.type == ObjType_EndPointUMP || info.type == ObjType_Notify ||
                   info.type == ObjType_ID;
    return crosses ? (errval_t)SYS_ERR_OK : MON_ERR_CAP_SEND;
}

bool ump_chan_has_cap_room(struct ump_chan *uc, unsigned count)
{
    struct ump_caps *caps = uc->caps;
    bool has = caps == NULL || UMP_CAPS_MAX - caps->out >= count;
    if (caps != NULL)
        caps->room = has ? 0 : count;
    return has;
}

/// Sends a capability, or an error in its place.
static errval_t send(struct ump_chan *uc, struct capref cap, errval_t in_place, bool gives)
{
    struct ump_caps *caps = uc->caps;
    uint64_t words[LMP_MSG_LENGTH] = {MONITOR_CAP, uc->id, in_place,
                                      (uc->server ? MONITOR_CAP_SERVER : 0) |
                                          (gives ? MONITOR_CAP_GIVES : 0)};
    if (caps == NULL)
        return MON_ERR_CAP_SEND;
    dispatcher_handle_t handle = disp_disable();
    bool full = caps->out == UMP_CAPS_MAX;
    caps->out += full ? 0 : 1;
    disp_enable(handle);
    if (full)
        return LIB_ERR_UMP_FULL;
    errval_t err = ump_caps_call(words, cap, words, NULL);
    if (err_is_ok(err))
        return err;
    handle = disp_disable();
    caps->out -= caps->out > 0 ? 1 : 0;
    disp_enable(handle);
    return err_no(err) == MON_ERR_LIMIT ? err_push(err, LIB_ERR_UMP_FULL) : err;
}

errval_t ump_chan_send_cap(struct ump_chan *uc, struct capref cap, bool gives)
{
    errval_t err = send(uc, cap, SYS_ERR_OK, gives);
    if (err_is_ok(err) && gives)
        (void)cap_destroy(cap);
    return err;
}

errval_t ump_chan_send_cap_error(struct ump_chan *uc, errval_t err)
{
    return send(uc, NULL_CAP, err, false);
}

bool ump_chan_await_caps(struct ump_chan *uc, unsigned count)
{
    struct ump_caps *caps = uc->caps;
    bool has = caps != NULL && caps->count >= count;
    if (caps != NULL)
        caps->awaited = has ? 0 : count;
    return has;
}

/// Takes the first one out of the queue and a new slot for the next; without one it is lost.
static errval_t take(struct ump_caps *caps, struct capref *cap)
{
    struct capref slot = NULL_CAP;
    dispatcher_handle_t handle = disp_disable();
    assert(caps->count > 0); // UC1
    struct ump_cap first = caps->queue[caps->first];
    caps->first = (caps->first + 1) % UMP_CAPS_MAX;
    caps->count--;
    disp_enable(handle);
    *cap = first.cap;
    if (capref_is_null(first.cap))
        return first.err;
    errval_t err = slot_alloc(&slot);
    if (err_is_fail(err)) {
        (void)cap_delete(first.cap);
        slot = first.cap;
        *cap = NULL_CAP;
    }
    handle = disp_disable();
    caps->slots[caps->slots_count++] = slot;
    disp_enable(handle);
    return err;
}

errval_t ump_chan_take_caps(struct ump_chan *uc, unsigned count, struct capref *caps)
{
    errval_t result = SYS_ERR_OK;
    if (count == 0)
        return result;
    for (unsigned i = 0; i < count; i++) {
        errval_t err = take(uc->caps, &caps[i]);
        result = err_is_ok(result) ? err : result;
    }
    uint64_t words[LMP_MSG_LENGTH] = {MONITOR_CAP_TAKEN, uc->id, count,
                                      uc->server ? MONITOR_CAP_SERVER : 0};
    (void)!ump_caps_call(words, NULL_CAP, words, NULL); // else the connection is over
    return result;
}
