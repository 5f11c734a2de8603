// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The frames of the channels that the clients of this core have bound, as long as anybody holds
// them, and on whose share each is. A pure table; the monitor makes the frames, lends them to the
// client and is told when the last copy is gone (channel_memory.c).
//
// F1 A frame is on the share of its client's family as long as that may hold it.
// F2 Who keeps the frames of clients that have ended, a server of this core or others of the family,
//    cannot be told apart. So they are refused together: the family gets no further channel to the
//    server with which it has FRAMES_KEPT_SHARE such frames. Other families do, and it to others.
// F3 When only the server can still hold a frame (the family has ended on this core, or this core's
//    last copy is gone and another core has one), it is on the server's share. A server that keeps
//    many such frames gets no further clients from this core, until it lets go.
// F4 The table is bounded; what is full is told before anything is made.

#pragma once

#include "kpi/errors.h"
#include "protocol/shares.h"

#define FRAMES_MAX 768u       ///< with the frames between monitors fewer than DIRECTORY_HOLDERS_MAX
#define FRAMES_KEPT_SHARE 32u ///< (F2) of a family and a server, (F3) of a server

enum frame_state {
    FRAME_HELD, ///< by a client that runs
    FRAME_KEPT, ///< the client has ended (F2)
    FRAME_LEFT  ///< on the server's share (F3)
};

struct frame_entry {
    genpaddr_t base;
    gensize_t bytes; ///< 0: unused
    struct member client;
    domainid_t server;
    enum frame_state state;
};

/// Private to frame_table.c; visible for allocation. All zero is an empty table.
struct frame_table {
    struct table by_base;
    struct shares clients, servers;
    struct frame_entry frames[FRAMES_MAX];
};

/// Tells whether a client may have one frame more, of `most` for its family, for a channel to `server`
/// (0: not known yet). MON_ERR_LIMIT (F2 to F4).
__attribute__((warn_unused_result)) errval_t frame_table_may_add(const struct frame_table *table,
                                                                 struct member client,
                                                                 domainid_t server, unsigned most);

/// Enters a frame, for which frame_table_may_add() has just said yes.
void frame_table_add(struct frame_table *table, genpaddr_t base, gensize_t bytes,
                     struct member client, domainid_t server);

bool frame_table_has(const struct frame_table *table, genpaddr_t base);

/// No copy is left on this core, but there is one elsewhere. Unknown frames are ignored.
void frame_table_left(struct frame_table *table, genpaddr_t base);

/// A client has ended; `last`: and with it its family, on this core.
void frame_table_client_ended(struct frame_table *table, struct member client, bool last);

/// Takes a frame of which no copy is left off the table; false if it is none of these.
bool frame_table_take(struct frame_table *table, genpaddr_t base, struct frame_entry *entry);

/// Checks the table: every frame is found, and on one share.
bool frame_table_valid(const struct frame_table *table);
