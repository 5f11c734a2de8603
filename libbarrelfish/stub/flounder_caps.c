// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Capabilities of messages. One that is lent (`cap`) arrives as a copy, which its receiver can neither
// revoke nor pass on; one that is given (`give_away_cap`) moves. NULL_CAP is said in the row. Over LMP
// they go with the lines (flounder_lmp.c), over UMP by way of the monitors (ump_chan_send_cap()).
#include "stub.h"

#include "barrelfish/capabilities.h"
#include "barrelfish/deferred.h"
#include "barrelfish/dispatch.h"
#include "barrelfish/slot_alloc.h"

#define NO_ROOM_US 100u // until the monitors have some again

errval_t flounder_caps_keep(struct flounder_stub *stub, struct flounder_pending *pending,
                            const struct flounder_out *row)
{
    errval_t err = SYS_ERR_OK;
    for (unsigned i = 0; i < row->caps_count && !stub->over_lmp && err_is_ok(err); i++)
        err = ump_chan_check_cap(&stub->chan, row->caps[i].cap);
    if (err_is_fail(err))
        return err;
    pending->caps_count = row->caps_count;
    pending->caps_sent = 0;
    memcpy(pending->caps, row->caps, row->caps_count * sizeof(row->caps[0]));
    return SYS_ERR_OK;
}

/// What is lent has to stay until it is sent, and its owner may want it back before.
static errval_t make_own(struct flounder_cap *lent)
{
    struct capref slot;
    errval_t err = slot_alloc(&slot);
    if (err_is_ok(err))
        err = slot_settle(slot, cap_copy(slot, lent->cap), &slot);
    if (err_is_ok(err))
        *lent = (struct flounder_cap){slot, false, true};
    return err;
}

errval_t flounder_caps_own(struct flounder_pending *pending)
{
    errval_t err = SYS_ERR_OK;
    for (unsigned i = pending->caps_sent; i < pending->caps_count && err_is_ok(err); i++)
        if (!pending->caps[i].gives)
            err = make_own(&pending->caps[i]);
    for (unsigned i = pending->caps_sent; i < pending->caps_count && err_is_fail(err); i++)
        if (pending->caps[i].own) {
            (void)cap_destroy(pending->caps[i].cap);
            pending->caps[i] = (struct flounder_cap){NULL_CAP, false, false};
        }
    return err;
}

/// Sends a capability, or an error in its place. Waits while the monitors have no room, which they make
/// without the other side.
static errval_t send(struct flounder_stub *stub, const struct flounder_cap *cap, errval_t in_place)
{
    for (;;) {
        errval_t err = err_is_ok(in_place) ? ump_chan_send_cap(&stub->chan, cap->cap, cap->gives)
                                           : ump_chan_send_cap_error(&stub->chan, in_place);
        if (err_no(err) != LIB_ERR_UMP_FULL)
            return err;
        (void)barrelfish_usleep(NO_ROOM_US);
    }
}

errval_t flounder_caps_send(struct flounder_stub *stub, struct flounder_pending *pending)
{
    unsigned left = pending->caps_count - pending->caps_sent;
    if (!ump_chan_has_cap_room(&stub->chan, left))
        return LIB_ERR_UMP_FULL;
    for (; left > 0; left--) {
        struct flounder_cap *cap = &pending->caps[pending->caps_sent];
        errval_t err = send(stub, cap, SYS_ERR_OK);
        bool sent = err_is_ok(err);
        if (!sent)
            err = send(stub, cap, err); // F9
        if (err_is_fail(err))
            return err;
        if (cap->own || (cap->gives && !sent))
            (void)cap_destroy(cap->cap);
        pending->caps_sent++;
    }
    return SYS_ERR_OK;
}

void flounder_caps_drop(struct flounder_pending *pending)
{
    for (; pending->caps_sent < pending->caps_count; pending->caps_sent++) {
        struct flounder_cap *cap = &pending->caps[pending->caps_sent];
        if (cap->gives || cap->own)
            (void)cap_destroy(cap->cap);
    }
}

void flounder_caps_free(const struct flounder_cap *caps, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (caps[i].gives)
            (void)cap_destroy(caps[i].cap);
}

void flounder_free_cap(struct capref cap)
{
    if (!capref_is_null(cap))
        (void)cap_destroy(cap);
}

/// How many capabilities come with a message whose first line says so: with none of the stubs' own.
static unsigned caps_due(const struct flounder_interface *interface, uint64_t word)
{
    unsigned due = (unsigned)(word >> FLOUNDER_LMP_CAPS_SHIFT) & 0xf, index = (word & 0xff) - 1;
    return index < interface->count && due <= interface->messages[index].caps ? due : 0;
}

errval_t flounder_caps_take(struct flounder_stub *stub, uint64_t word, struct capref cap)
{
    struct flounder_assembly *assembly = &stub->assembly;
    unsigned due = assembly->total == 0 ? caps_due(stub->interface, word) : assembly->caps_due;
    if ((word & FLOUNDER_WHOLE) == 0)
        assembly->caps_due = due;
    if (capref_is_null(cap))
        return SYS_ERR_OK;
    if (assembly->caps_count == due) {
        (void)cap_destroy(cap);
        return FLOUNDER_ERR_RX_INVALID;
    }
    assembly->caps[assembly->caps_count++] = cap;
    return SYS_ERR_OK;
}

void flounder_caps_forget(struct flounder_stub *stub)
{
    while (stub->assembly.caps_count > 0)
        flounder_free_cap(stub->assembly.caps[--stub->assembly.caps_count]);
}

void flounder_bring_caps(struct flounder_in *row, struct capref *caps)
{
    struct flounder_assembly *assembly = &row->stub->assembly;
    memcpy(caps, assembly->caps, assembly->caps_count * sizeof(caps[0]));
    row->caps = caps;
    row->caps_count = assembly->caps_count;
    assembly->caps_count = 0;
}

void flounder_lend(struct flounder_in *row)
{
    dispatcher_handle_t handle = disp_disable();
    row->lent = true;
    row->outer = row->stub->lent;
    row->stub->lent = row;
    disp_enable(handle);
}

/// Other handlers may have begun and not ended since, if a call within this one has dispatched.
void flounder_caps_return(struct flounder_in *row)
{
    dispatcher_handle_t handle = disp_disable();
    struct flounder_in **link = &row->stub->lent;
    while (*link != row)
        link = &(*link)->outer;
    *link = row->outer;
    disp_enable(handle);
}

void flounder_take_cap(struct flounder_stub *stub, struct capref cap)
{
    dispatcher_handle_t handle = disp_disable();
    for (struct flounder_in *row = stub->lent; row != NULL; row = row->outer)
        for (unsigned i = 0; i < row->caps_count; i++)
            row->caps_kept |= (uint8_t)(capcmp(row->caps[i], cap) << i);
    disp_enable(handle);
}
