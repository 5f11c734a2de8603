// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The serial console's service: how it is found, and what init gives it in its ARGCN: ports and
// interrupt of the UART. What it is asked is in console.if; programs use
// barrelfish/terminal_client.h, or just the C library.
#pragma once

#include "kpi/types.h"

#define CONSOLE_NAME "console"

/// Where init names the machine's operator once it has started it. That only init can write it is
/// the authority over the foreground.
struct console_operator {
    domainid_t domain; ///< 0: not yet
};

/// Slots of the console's ARGCN.
#define CONSOLE_ARG_IO 0u  ///< IO of the 8 ports from CONSOLE_PORT on
#define CONSOLE_ARG_IRQ 1u ///< IRQSrc of CONSOLE_GSI
/// A Frame, to read, with a struct console_operator; nothing: there is no operator, and everybody
/// may read.
#define CONSOLE_ARG_OPERATOR 2u
#define CONSOLE_PORT 0x3f8u
#define CONSOLE_GSI 4u
