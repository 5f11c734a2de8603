// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Direct channels between monitors, made on demand.

#pragma once

#include "intermon/intermon.h"

/// To be called before all others.
void connect_begin(void);
/// Asks for a direct channel to `peer`; what is sent meanwhile goes along the tree, and so does
/// everything if it comes to nothing. Does nothing if there is one or it has been asked for.
void connect_ask(coreid_t peer);
/// Handles the messages about direct channels.
void connect_handle(const struct intermon_msg *msg);
