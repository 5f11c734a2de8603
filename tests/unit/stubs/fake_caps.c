// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// See fake_caps.h. The other side of a channel is the one that receives where this one sends.
#include "fake_caps.h"

#include "barrelfish/capabilities.h"
#include "barrelfish/slot_alloc.h"

#include <testlib/testlib.h>

enum { CHANNELS_MOST = 64, COPIES_MOST = 64 };

struct fake_caps fake_caps;
static struct channel {
    struct ump_chan *uc;
    volatile void *in;
    struct ump_caps caps;
} channels[CHANNELS_MOST];
static unsigned channels_count;
static struct ump_cap on_way[UMP_CAPS_MAX];
static unsigned on_way_count;
static struct capref originals[COPIES_MOST];

static struct ump_chan *other_side(const struct ump_chan *uc)
{
    struct ump_chan *other = NULL;
    for (unsigned i = 0; i < channels_count && !urpc_peer_closed(&uc->state.ring); i++)
        if (channels[i].in == uc->state.ring.out)
            other = channels[i].uc;
    return other;
}

errval_t ump_chan_reserve_caps(struct ump_chan *uc)
{
    if (!fake_caps.travel || err_is_fail(fake_caps.reserve_error))
        return fake_caps.reserve_error;
    CU_ASSERT_FATAL(channels_count < CHANNELS_MOST);
    struct channel *channel = &channels[channels_count++];
    channel->uc = uc;
    channel->in = uc->state.ring.in;
    uc->caps = &channel->caps;
    return SYS_ERR_OK;
}

errval_t ump_chan_check_cap(struct ump_chan *uc, struct capref cap)
{
    return uc->caps == NULL || capcmp(cap, fake_caps.refused) ? MON_ERR_CAP_SEND : SYS_ERR_OK;
}

bool ump_chan_has_cap_room(struct ump_chan *uc, unsigned count)
{
    bool has = uc->caps == NULL || UMP_CAPS_MAX - uc->caps->out >= count;
    if (uc->caps != NULL)
        uc->caps->room = has ? 0 : count;
    return has;
}

static void arrive(struct ump_chan *to, struct ump_cap cap)
{
    struct ump_caps *caps = to->caps;
    CU_ASSERT_FATAL(caps != NULL && caps->count < UMP_CAPS_MAX);
    caps->queue[(caps->first + caps->count++) % UMP_CAPS_MAX] = cap;
    if (caps->awaited > 0 && caps->count >= caps->awaited)
        (void)waitset_chan_trigger(&to->recv_chan);
}

void fake_caps_come(struct ump_chan *to)
{
    for (unsigned i = 0; i < on_way_count; i++)
        arrive(to, on_way[i]);
    on_way_count = 0;
}

static errval_t send(struct ump_chan *uc, struct ump_cap cap)
{
    struct ump_chan *to = other_side(uc);
    if (fake_caps.full_for > 0) {
        fake_caps.full_for--;
        return LIB_ERR_UMP_FULL;
    }
    if (fake_caps.fail_send_in > 0 && --fake_caps.fail_send_in == 0)
        return SYS_ERR_RIGHTS;
    if (to == NULL)
        return LIB_ERR_CHAN_CLOSED;
    CU_ASSERT_FATAL(uc->caps->out < UMP_CAPS_MAX);
    uc->caps->out++;
    fake_caps.sent++;
    if (fake_caps.late)
        on_way[on_way_count++] = cap;
    else
        arrive(to, cap);
    return SYS_ERR_OK;
}

errval_t ump_chan_send_cap(struct ump_chan *uc, struct capref cap, bool gives)
{
    (void)gives;
    if (cap.cnode.cnode == 0 && cap.slot < COPIES_MOST)
        cap = originals[cap.slot];
    return send(uc, capcmp(cap, fake_caps.lost) ? (struct ump_cap){NULL_CAP, LIB_ERR_MALLOC_FAIL}
                                                : (struct ump_cap){cap, SYS_ERR_OK});
}

errval_t ump_chan_send_cap_error(struct ump_chan *uc, errval_t err)
{
    return send(uc, (struct ump_cap){NULL_CAP, err});
}

bool ump_chan_await_caps(struct ump_chan *uc, unsigned count)
{
    bool has = uc->caps->count >= count;
    uc->caps->awaited = has ? 0 : count;
    return has;
}

errval_t ump_chan_take_caps(struct ump_chan *uc, unsigned count, struct capref *caps)
{
    errval_t err = SYS_ERR_OK;
    for (unsigned i = 0; i < count; i++) {
        struct ump_cap *first = &uc->caps->queue[uc->caps->first++ % UMP_CAPS_MAX];
        caps[i] = first->cap;
        err = err_is_ok(err) ? first->err : err;
    }
    uc->caps->count -= count;
    struct ump_chan *from = other_side(uc);
    if (from != NULL) {
        from->caps->out -= count;
        if (from->caps->room > 0 && UMP_CAPS_MAX - from->caps->out >= from->caps->room)
            (void)waitset_chan_trigger(&from->send_chan);
    }
    return err;
}

errval_t slot_alloc(struct capref *ret)
{
    if (err_is_fail(fake_caps.slot_error))
        return fake_caps.slot_error;
    *ret = (struct capref){{0, 0, CNODE_LEVEL_OTHER},
                           (cslot_t)(1 + fake_caps.slots++ % (COPIES_MOST - 1))};
    return SYS_ERR_OK;
}

errval_t slot_free(struct capref slot)
{
    CU_ASSERT_FALSE(capref_is_null(slot));
    return SYS_ERR_OK;
}

errval_t cap_copy(struct capref dest, struct capref src)
{
    originals[dest.slot] = src;
    fake_caps.copies++;
    return SYS_ERR_OK;
}
