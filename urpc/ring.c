// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The paths of a cache-line channel that are not taken for each message: making an end, asking
// for acknowledgements, batches, sleep and wake, closing. Stands on urpc/layout.h, where the
// invariants I1 to I12 are, and on urpc/urpc.h for the paths of one message. Freestanding: no
// library, no allocation, no system call. The notification that wakes a sleeper is the user's.
#include "urpc/urpc.h"

/// I10 and I12 need that an earlier store is visible before a later load is done; on x86 this is
/// the only order that the processor does not keep by itself. It is atomic_thread_fence(seq_cst)
/// under its older name, which gcc also takes under ThreadSanitizer.
static void fence(void)
{
    __sync_synchronize();
}

static uint64_t room_known(const struct urpc_chan *chan)
{
    return chan->out_slots - (chan->tx.sent - chan->tx.acked);
}

/// Takes an acknowledgement of all lines before number `count`, which is a claim (I8). An older
/// one than is known is normal, since two ways lead here.
static void take_ack(struct urpc_tx *tx, uint64_t count)
{
    int64_t news = (int64_t)(count - tx->acked);
    if (news <= 0)
        return;
    if ((uint64_t)news > tx->sent - tx->acked) {
        atomic_store_explicit(&tx->broken, true, memory_order_relaxed);
        return;
    }
    tx->acked = count;
}

/// Extends the count in a header to 64 bits, as the value next to `acked` (I9).
static uint64_t header_count(uint64_t header, uint64_t acked)
{
    // Shifted to the top, the difference has its sign where an arithmetic shift keeps it.
    uint64_t top = header - (acked << URPC_ACK_SHIFT);
    int64_t diff = (int64_t)(top & ~(uint64_t)(URPC_EPOCH | UINT16_MAX)) >> URPC_ACK_SHIFT;
    return acked + (uint64_t)diff;
}

static struct urpc_place lap_of(const struct urpc_area *area, uint64_t first, uint64_t epoch)
{
    return (struct urpc_place){
        .origin = (uintptr_t)area->ring - first * URPC_LINE_BYTES, .epoch = epoch, .lap = first};
}

static struct urpc_place next_lap(const struct urpc_area *area, const struct urpc_place *place,
                                  uint32_t slots)
{
    return lap_of(area, place->lap + slots, place->epoch ^ URPC_EPOCH); // I2
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t tx_stop(const struct urpc_chan *chan)
{
    return least(chan->tx.acked, chan->tx.place.lap) + chan->out_slots;
}

static uint64_t rx_stop(const struct urpc_chan *chan)
{
    return least(chan->rx.told + chan->tell_every, chan->rx.place.lap + chan->in_slots);
}

/// Acknowledges by the own line, goes on to the next lap, or both: rx.place.stop is reached.
void urpc_turn(struct urpc_chan *chan)
{
    struct urpc_rx *rx = &chan->rx;
    uint64_t consumed = atomic_load_explicit(&rx->consumed, memory_order_relaxed);
    if (consumed - rx->told == chan->tell_every) {
        rx->told = consumed;
        atomic_store_explicit(&chan->out->consumed, consumed, memory_order_release); // I6 b
    }
    if (consumed - rx->place.lap == chan->in_slots)
        rx->place = next_lap(chan->in, &rx->place, chan->in_slots);
    rx->place.stop = rx_stop(chan);
}

static bool area_ok(const void *area, size_t lines)
{
    return area != NULL && (uintptr_t)area % URPC_LINE_BYTES == 0 && lines >= URPC_LINES_MIN &&
           lines <= URPC_LINES_MAX;
}

bool urpc_init_sized(struct urpc_chan *chan, void *out, size_t out_lines, void *in, size_t in_lines)
{
    if (!area_ok(out, out_lines) || !area_ok(in, in_lines))
        return false;
    uintptr_t out_at = (uintptr_t)out, in_at = (uintptr_t)in;
    if (out_at < in_at + in_lines * URPC_LINE_BYTES && in_at < out_at + out_lines * URPC_LINE_BYTES)
        return false;
    uint32_t in_slots = (uint32_t)in_lines - URPC_STATE_LINES;
    uint32_t out_slots = (uint32_t)out_lines - URPC_STATE_LINES;
    *chan = (struct urpc_chan){
        .out = out,
        .in = in,
        .out_end = (struct urpc_line *)out + out_lines,
        .out_slots = out_slots,
        .in_slots = in_slots,
        .manner = urpc_hint_manner(),
        .tell_every = in_slots < 4 ? 1 : in_slots / 4,
    };
    chan->manner.ahead = (uint32_t)least(chan->manner.ahead, out_slots);
    chan->tx.place = lap_of(chan->out, 0, URPC_EPOCH);
    chan->rx.place = lap_of(chan->in, 0, URPC_EPOCH);
    chan->tx.place.stop = tx_stop(chan);
    chan->rx.place.stop = rx_stop(chan);
    return true;
}

bool urpc_init(struct urpc_chan *chan, void *out, void *in, size_t lines)
{
    return urpc_init_sized(chan, out, lines, in, lines);
}

static bool place_ok(const struct urpc_place *place, const struct urpc_area *area, uint64_t number,
                     uint32_t slots)
{
    uint64_t epoch = place->lap / slots % 2 == 0 ? URPC_EPOCH : 0;
    return place->lap % slots == 0 && number - place->lap <= slots && place->epoch == epoch && // I2
           urpc_line_at(place, place->lap) == area->ring;
}

bool urpc_valid(const struct urpc_chan *chan)
{
    const struct urpc_tx *tx = &chan->tx;
    const struct urpc_rx *rx = &chan->rx;
    uint64_t consumed = atomic_load_explicit(&rx->consumed, memory_order_relaxed);
    return tx->acked <= tx->sent && tx->sent - tx->acked <= chan->out_slots && // I3
           place_ok(&tx->place, chan->out, tx->sent, chan->out_slots) &&
           tx->place.stop == tx_stop(chan) && tx->sent <= tx->place.stop &&
           place_ok(&rx->place, chan->in, consumed, chan->in_slots) && rx->told <= consumed &&
           rx->place.stop == rx_stop(chan) && consumed < rx->place.stop && // I7
           chan->manner.ahead <= chan->out_slots;
}

/// The acknowledgement that rides on the last message that was consumed here, or one that the peer
/// has sent after it in the same line. It is looked at once (I9).
static void take_ride(struct urpc_chan *chan)
{
    uint64_t consumed = atomic_load_explicit(&chan->rx.consumed, memory_order_acquire);
    if (consumed == 0)
        return;
    const struct urpc_line *line = &chan->in->ring[(consumed - 1) % chan->in_slots];
    uint64_t header = atomic_load_explicit(&line->header, memory_order_acquire);
    if (header != chan->tx.ride) {
        chan->tx.ride = header;
        take_ack(&chan->tx, header_count(header, chan->tx.acked)); // I6 a
    }
}

bool urpc_has_room(struct urpc_chan *chan, size_t need)
{
    struct urpc_tx *tx = &chan->tx;
    if (room_known(chan) < need)
        take_ride(chan);
    if (room_known(chan) < need)
        take_ack(tx, atomic_load_explicit(&chan->in->consumed, memory_order_acquire)); // I6 b
    if (tx->sent - tx->place.lap == chan->out_slots)
        tx->place = next_lap(chan->out, &tx->place, chan->out_slots);
    tx->place.stop = tx_stop(chan);
    return room_known(chan) >= need;
}

size_t urpc_room_max(const struct urpc_chan *chan)
{
    // The peer's in_slots are our out_slots, so this is its tell_every.
    uint32_t told_every = chan->out_slots < 4 ? 1 : chan->out_slots / 4;
    return chan->out_slots - told_every + 1;
}

size_t urpc_send_batch(struct urpc_chan *chan, const struct urpc_msg *msgs, size_t count)
{
    size_t sent = 0;
    while (sent < count && urpc_send(chan, msgs[sent].words, msgs[sent].ctrl))
        sent++;
    return sent;
}

size_t urpc_recv_batch(struct urpc_chan *chan, struct urpc_msg *msgs, size_t count)
{
    size_t received = 0;
    while (received < count && urpc_recv(chan, msgs[received].words, &msgs[received].ctrl))
        received++;
    return received;
}

bool urpc_arm(struct urpc_chan *chan)
{
    struct urpc_rx *rx = &chan->rx;
    rx->flag += 1 + (rx->flag & 1); // to the next odd number
    atomic_store_explicit(&chan->out->flag_recv, rx->flag, memory_order_relaxed);
    fence(); // I10
    if (urpc_can_recv(chan) || urpc_peer_closed(chan)) {
        urpc_disarm(chan);
        return false;
    }
    return true;
}

void urpc_disarm(struct urpc_chan *chan)
{
    struct urpc_rx *rx = &chan->rx;
    rx->flag += rx->flag & 1;
    atomic_store_explicit(&chan->out->flag_recv, rx->flag, memory_order_relaxed);
}

bool urpc_arm_room(struct urpc_chan *chan, size_t need)
{
    struct urpc_tx *tx = &chan->tx;
    urpc_assert(need <= urpc_room_max(chan)); // I7
    tx->flag += 1 + (tx->flag & 1);
    atomic_store_explicit(&chan->out->flag_room, tx->flag, memory_order_relaxed);
    fence(); // I12
    if (urpc_has_room(chan, need) || urpc_peer_closed(chan) || urpc_peer_broken(chan)) {
        urpc_disarm_room(chan);
        return false;
    }
    return true;
}

void urpc_disarm_room(struct urpc_chan *chan)
{
    struct urpc_tx *tx = &chan->tx;
    tx->flag += tx->flag & 1;
    atomic_store_explicit(&chan->out->flag_room, tx->flag, memory_order_relaxed);
}

/// Decides whether the flag that the peer shows asks for a notification not yet given (I11).
static bool unanswered(const _Atomic uint64_t *flag, uint64_t *notified)
{
    uint64_t shown = atomic_load_explicit(flag, memory_order_relaxed);
    if (shown % 2 == 0 || shown == *notified)
        return false;
    *notified = shown;
    return true;
}

bool urpc_check_flag_recv(struct urpc_chan *chan)
{
    chan->tx.checked = chan->tx.sent;
    fence(); // I10
    return unanswered(&chan->in->flag_recv, &chan->tx.notified);
}

bool urpc_check_flag_room(struct urpc_chan *chan)
{
    chan->rx.checked = chan->rx.told;
    fence(); // I12
    return unanswered(&chan->in->flag_room, &chan->rx.notified);
}

void urpc_close(struct urpc_chan *chan)
{
    atomic_store_explicit(&chan->out->closed, 1, memory_order_release);
    chan->tx.checked = chan->tx.sent - 1;
    chan->rx.checked = chan->rx.told - 1;
}
