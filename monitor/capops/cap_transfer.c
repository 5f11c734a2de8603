// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Capabilities between cores, first version of the capability protocol: transfer and delete. The
// rules are in protocol/directory.h; here are the messages and the CPU driver's part. Frame,
// DevFrame and EndPointUMP have an owner, and are sent by it or through it. Notify and ID are mere
// names and are only described. Not here: revoke, retype of what other cores know, moves of
// ownership.
//
// CT1 What is sent is identified first and its remote flag is set before the message leaves.
// CT2 A core accepts a capability only from its owner or by way of it, which knows that the sender
//    held it (C11).
// CT3 A release says that no copy is left. When a copy is made real while an older one is parked
//    here, the parked one is not the last, and is just deleted; the returns are looked through
//    before a new copy is given to anybody.

#include "capops/cap_transfer.h"

#include "intermon/cap_name.h"
#include "protocol/directory.h"
#include "protocol/frame_table.h"
#include "state/monitor.h"

#include <assert.h>

static const struct cap_transfer_hooks *hooks;
static struct directory directory;
static struct cnoderef returns_cnode;
static struct lmp_endpoint *returns_ep;
static cslot_t returns_next; ///< slot that the CPU driver fills next, if nothing waits
static bool returns_waiting; ///< in the CNode: their owners could not be told, or there was no slot
/// Copies of objects owned here that other cores hold. They do not stay in the returns CNode: what
/// others keep must not fill it, for every deletion of a last copy needs a slot there.
static struct capref parked[DIRECTORY_PARKED_MAX];
/// Slots for these, one for each frame of a channel that is not parked: what others keep must find
/// a place also when there is no memory.
static struct capref reserve[FRAMES_MAX];
static unsigned reserve_count;

static bool is_owned_type(uint8_t type)
{
    return type == ObjType_Frame || type == ObjType_DevFrame || type == ObjType_EndPointUMP;
}

static errval_t set_remote(struct capref cap, bool remote)
{
    errval_t err;
    do {
        err = invoke_kernel_set_remote(cap_kernel, cap, remote);
    } while (err_no(err) == SYS_ERR_AGAIN);
    return err;
}

static struct directory_object object_of(const struct capability *cap)
{
    return (struct directory_object){cap->base, cap->bytes, cap->type};
}

/// Deletes the last copy of all of an object, or of a foreign object the last one on this core.
static void delete_last(struct capref cap)
{
    errval_t err = set_remote(cap, false);
    if (err_is_ok(err))
        err = cap_delete(cap);
    if (err_is_fail(err))
        DEBUG_ERR(err, "a returned capability cannot be deleted");
}

errval_t cap_transfer_reserve(void)
{
    if (reserve_count == FRAMES_MAX)
        return MON_ERR_LIMIT;
    errval_t err = slot_alloc(&reserve[reserve_count]);
    reserve_count += err_is_ok(err) ? 1 : 0;
    return err;
}

void cap_transfer_unreserve(void)
{
    if (reserve_count > 0)
        (void)slot_free(reserve[--reserve_count]);
}

/// A slot for what is to be parked.
static errval_t take_slot(genpaddr_t base, struct capref *slot)
{
    if (!hooks->is_channel(base) || reserve_count == 0)
        return slot_alloc(slot);
    *slot = reserve[--reserve_count];
    return SYS_ERR_OK;
}

static void give_slot(genpaddr_t base, struct capref slot)
{
    if (hooks->is_channel(base) && reserve_count < FRAMES_MAX)
        reserve[reserve_count++] = slot;
    else
        (void)slot_free(slot);
}

static void apply(struct directory_effect effect)
{
    struct capability raw;
    if (effect.what != DIRECTORY_FREE)
        return;
    struct capref cap = parked[effect.place];
    errval_t err = cap_identify(cap, &raw);
    delete_last(cap);
    if (err_is_fail(err)) {
        (void)slot_free(cap);
        return;
    }
    give_slot(raw.base, cap);
    hooks->freed(raw.base);
}

/// Deals with the last copy on this core of an object owned here.
static void returned_own(struct capref cap, const struct capability *raw)
{
    struct directory_object object = object_of(raw);
    struct capref own = NULL_CAP;
    if (directory_holders(&directory, &object) != 0 && err_is_fail(take_slot(raw->base, &own))) {
        returns_waiting = true; // There may be memory for slots later.
        return;
    }
    struct directory_effect effect = directory_park(&directory, &object);
    errval_t err = SYS_ERR_OK;
    if (effect.what == DIRECTORY_PARKED) {
        err = cap_copy(own, cap);
        parked[effect.place] = own;
        hooks->left(raw->base);
    } else if (!capref_is_null(own)) {
        give_slot(raw->base, own); // One is parked already.
    } else {
        err = set_remote(cap, false);
    }
    if (err_is_ok(err))
        err = cap_delete(cap);
    if (err_is_fail(err))
        DEBUG_ERR(err, "a returned capability cannot be put away");
    if (effect.what == DIRECTORY_NOTHING && capref_is_null(own))
        hooks->freed(raw->base);
}

static void tell_owner(const struct capability *cap, const struct intermon_message *message)
{
    assert(cap->owner != monitor.core); // CT2
    errval_t err = intermon_send(cap->owner, message, false);
    if (err_is_fail(err))
        DEBUG_ERR(err, "core %u was not told of its capability", cap->owner);
}

static void acknowledge(const struct capability *cap, bool made)
{
    tell_owner(cap, &(struct intermon_message){INTERMON_CAP_ACK, .cap_ack = {*cap, made}});
}

/// Deals with a capability that the CPU driver has put into the returns CNode. `fresh` (or NULL)
/// was just made real.
static void returned(struct capref slot, const struct capability *cap,
                     const struct capability *fresh)
{
    bool owned = is_owned_type(cap->type);
    if (owned && cap->owner == monitor.core) {
        returned_own(slot, cap);
        return;
    }
    if (fresh != NULL && fresh->base == cap->base && fresh->bytes == cap->bytes &&
        fresh->type == cap->type) {
        errval_t err = cap_delete(slot); // CT3
        if (err_is_fail(err))
            DEBUG_ERR(err, "a parked copy cannot be deleted");
        return;
    }
    if (owned && !intermon_make_room(cap->owner)) {
        returns_waiting = true; // IM5
        return;
    }
    const struct intermon_message gone = {INTERMON_CAP_RELEASED, .cap_released = {*cap}};
    delete_last(slot);
    if (owned)
        tell_owner(&gone.cap_released.cap, &gone);
}

/// Deals with what is in the slots from `first` on, up to the first empty one, or with `all` in all
/// of them. Returns their number.
static unsigned look_through(cslot_t first, bool all, const struct capability *fresh)
{
    struct capability cap;
    unsigned count = 0;
    for (cslot_t i = 0; i < L2_CNODE_SLOTS; i++) {
        struct capref slot = {returns_cnode, (first + i) % L2_CNODE_SLOTS};
        if (err_is_ok(cap_identify(slot, &cap))) {
            returned(slot, &cap, fresh);
            returns_next = (slot.slot + 1) % L2_CNODE_SLOTS;
            count++;
        } else if (!all) {
            break;
        }
    }
    return count;
}

/// Looks through the returns CNode if the CPU driver has put something there, or something waits.
/// It fills slots in turn; only if it had to skip some all of them must be looked at.
static void collect_returns(const struct capability *fresh)
{
    struct lmp_recv_msg msg = LMP_RECV_MSG_INIT;
    bool all = returns_waiting, any = false;
    returns_waiting = false;
    while (err_is_ok(lmp_endpoint_recv(returns_ep, (struct lmp_recv_buf *)&msg, NULL)))
        any = true;
    if (all || (any && look_through(returns_next, false, fresh) == 0))
        (void)look_through(returns_next, true, fresh);
}

static void returns_ready(void *arg)
{
    (void)arg;
    collect_returns(NULL);
    errval_t err = lmp_endpoint_register(returns_ep, &monitor.ws, MKCLOSURE(returns_ready, NULL));
    if (err_is_fail(err))
        USER_PANIC_ERR(err, "cannot wait for returned capabilities");
}

void cap_transfer_retry(void)
{
    if (returns_waiting)
        collect_returns(NULL);
}

void cap_transfer_init(const struct cap_transfer_hooks *above)
{
    hooks = above;
    struct capref cnode, ep;
    errval_t err = cnode_create_l2(&cnode, &returns_cnode);
    if (err_is_ok(err))
        err = endpoint_create(4, &ep, &returns_ep);
    if (err_is_ok(err))
        err = invoke_kernel_set_returns(cap_kernel, KERNEL_RETURNS_REMOTE, cnode, ep);
    if (err_is_fail(err))
        USER_PANIC_ERR(err, "cannot register for returned capabilities");
    returns_ready(NULL);
}

/// Notes that a message's receiver gets a copy of an object owned here and sends the message; undone
/// if that fails.
static errval_t send_noted(const struct intermon_header *header,
                           const struct intermon_message *message, const struct capability *cap)
{
    coreid_t core = header->destination;
    assert(cap->owner == monitor.core && core != monitor.core); // CT2
    struct directory_object object = object_of(cap);
    errval_t err = directory_send(&directory, &object, core);
    if (err_is_fail(err))
        return err;
    err = intermon_send_by(header, message, true);
    if (err_is_fail(err))
        apply(directory_ack(&directory, &object, core, false));
    return err;
}

errval_t cap_transfer_check(struct capref cap)
{
    struct capability raw;
    errval_t err = cap_identify(cap, &raw);
    if (err_is_ok(err) && !is_owned_type(raw.type) && !cap_name_is(raw.type))
        err = MON_ERR_CAP_SEND;
    return err;
}

errval_t cap_transfer_send(coreid_t destination, struct intermon_message *message,
                           struct capref cap)
{
    struct intermon_header header = {
        .source = monitor.core, .destination = destination, .final = INTERMON_NONE};
    struct capability *raw = intermon_carried(message);
    if (capref_is_null(cap))
        return intermon_send(destination, message, true);
    errval_t err = cap_identify(cap, raw);
    if (err_is_fail(err))
        return err;
    if (cap_name_is(raw->type))
        return intermon_send(destination, message, true);
    if (!is_owned_type(raw->type) || destination == monitor.core)
        return MON_ERR_CAP_SEND;
    err = set_remote(cap, true); // CT1
    if (err_is_fail(err))
        return err;
    if (raw->owner == monitor.core)
        return send_noted(&header, message, raw);
    if (raw->owner != destination) { // CT2
        header.final = destination;
        header.destination = raw->owner;
    }
    return intermon_send_by(&header, message, true);
}

void cap_transfer_shared(struct capref cap, coreid_t core)
{
    struct capability raw;
    errval_t err = cap_identify(cap, &raw);
    if (err_is_ok(err))
        err = set_remote(cap, true);
    struct directory_object object = object_of(&raw);
    if (err_is_ok(err))
        err = directory_send(&directory, &object, core);
    if (err_is_fail(err)) {
        DEBUG_ERR(err, "the frame shared with core %u is not known to be so", core);
        return;
    }
    apply(directory_ack(&directory, &object, core, true));
}

errval_t cap_transfer_watch(struct capref frame)
{
    return set_remote(frame, true);
}

bool cap_transfer_pass(const struct intermon_header *header, const struct intermon_message *message)
{
    if (header->final == INTERMON_NONE || header->final == monitor.core)
        return false;
    struct intermon_message onward = *message;
    const struct capability *raw = intermon_carried(&onward);
    if (raw == NULL || raw->owner != monitor.core || !is_owned_type(raw->type))
        return false;
    struct directory_object object = object_of(raw);
    struct intermon_header way = *header;
    way.destination = header->final;
    way.final = monitor.core;
    errval_t err =
        directory_holds(&directory, &object, header->source) ? SYS_ERR_OK : MON_ERR_PROTOCOL;
    if (err_is_ok(err))
        err = send_noted(&way, &onward, raw);
    if (err_is_fail(err))
        hooks->refused(header, message, err);
    return true;
}

/// Checks what came against CT2 and against itself.
static bool well_formed(const struct intermon_header *header, const struct capability *raw)
{
    // Sizes, alignment and rights are checked by the CPU driver.
    if (!is_owned_type(raw->type))
        return false;
    if (raw->owner == monitor.core) {
        struct directory_object object = object_of(raw);
        return directory_holds(&directory, &object, header->source);
    }
    return raw->owner == (header->final == INTERMON_NONE ? header->source : header->final);
}

void cap_transfer_refuse(const struct intermon_header *header, const struct capability *given)
{
    if (well_formed(header, given) && given->owner != monitor.core)
        acknowledge(given, false);
}

errval_t cap_transfer_receive(const struct intermon_header *header, const struct capability *given,
                              struct capref *cap)
{
    struct capability raw = *given;
    struct capref slot = NULL_CAP;
    if (cap_name_is(raw.type))
        return cap_name_make(&raw, cap);
    if (!well_formed(header, &raw))
        return MON_ERR_PROTOCOL;
    errval_t err = slot_alloc(&slot);
    if (err_is_ok(err)) {
        raw.flags = 0;
        raw.reserved = 0;
        err = slot_settle(slot, invoke_kernel_create_cap(cap_kernel, &raw, slot), &slot);
    }
    if (err_is_ok(err))
        collect_returns(&raw); // CT3
    if (raw.owner != monitor.core)
        acknowledge(&raw, err_is_ok(err));
    if (err_is_ok(err))
        *cap = slot;
    return err;
}

void cap_transfer_handle_ack(const struct intermon_header *header,
                             const struct intermon_message *message)
{
    struct directory_object object = object_of(&message->cap_ack.cap);
    apply(directory_ack(&directory, &object, header->source, message->cap_ack.made));
}

void cap_transfer_handle_released(const struct intermon_header *header,
                                  const struct intermon_message *message)
{
    struct directory_object object = object_of(&message->cap_released.cap);
    apply(directory_release(&directory, &object, header->source));
}
