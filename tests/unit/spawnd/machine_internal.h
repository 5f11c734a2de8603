// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What the parts of the machine know of one another.
#pragma once

#include "machine.h"

#include "barrelfish/ump_chan.h"
#include "barrelfish/waitset_chan.h"

/// SYS_ERR_OK, or the error that was asked for.
errval_t machine_fails(enum machine_call call);
void machine_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/// A capability goes, with its slot.
void cap_end(struct capref cap);

void domains_start(void);
void services_start(void);
void channels_start(void);
/// All peers go.
void peers_close(void);
/// An event of the memory server's messages. False: there is none.
bool services_dispatch(void);

/// The other end of a channel that spawnd opens now.
struct peer *peer_new(struct ump_chan *uc);
