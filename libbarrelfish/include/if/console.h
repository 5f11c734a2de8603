// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The serial console's service: registered as CONSOLE_NAME, over UMP. A message is up to 56 bytes
// of text, and in its control bits the operation and the number of bytes. A client's messages are
// handled in order. Programs use barrelfish/terminal_client.h, or just the C library.
//
// The service itself finds in its ARGCN what init gives it: ports and interrupt of the UART.
#pragma once

#include "kpi/types.h"

#define CONSOLE_NAME "console"
/// Bytes of each direction of a client's channel.
#define CONSOLE_CHANNEL_BYTES 2048u
#define CONSOLE_MESSAGE_BYTES 56u

enum console_op {
    /// To the console: text. Lines are shown as a whole, and so is what CONSOLE_MORE says belongs
    /// together, up to about CONSOLE_WHOLE_BYTES. What is unfinished is shown when more comes, or
    /// soon.
    CONSOLE_WRITE = 1,
    /// To the console: show all text; CONSOLE_FLUSHED follows when all of it has gone to the UART.
    CONSOLE_FLUSH,
    /// To the console: a line, ended by '\n', edited by the console with echo. CONSOLE_INPUT
    /// follows. Word 0: most bytes wanted; the rest of a longer line goes to the next
    /// request. A line that is longer than the console's memory comes in pieces. Data
    /// (CONSOLE_DATA) is given as by CONSOLE_READ_RAW.
    CONSOLE_READ_LINE,
    /// To the console: what is there, at least one byte and at most to the end of a line, without
    /// echo. CONSOLE_INPUT follows. Word 0: most bytes wanted.
    CONSOLE_READ_RAW,
    /// To the client: input. CONSOLE_MORE is set in all messages but the last of an answer. An
    /// answer without bytes is the end of the input. CONSOLE_DATA: nobody types this.
    CONSOLE_INPUT,
    CONSOLE_FLUSHED,
    /// To the console: word 0: the domain that is to have the foreground from now on, or the caller
    /// itself, to take it back. Input is for the foreground only; who else reads waits until it has
    /// it. The operator has it at first. Whoever has it, or gave it away, may do this; from others
    /// it is ignored. It falls back to the giver when its holder ends.
    CONSOLE_FOREGROUND,
    /// To the console: tell of Ctrl-C. CONSOLE_INTERRUPTED follows: byte 0 is 1 when it was typed
    /// while the caller had given the foreground away, 0 when the caller has it back.
    CONSOLE_AWAIT_INTERRUPT,
    CONSOLE_INTERRUPTED,
};

#define CONSOLE_MORE 0x80u
#define CONSOLE_WHOLE_BYTES 2048u
#define CONSOLE_DATA 0x4000u

/// The control bits of a message.
static inline uint16_t console_ctrl(enum console_op op, size_t bytes)
{
    return (uint16_t)((unsigned)op | bytes << 8);
}
static inline unsigned console_ctrl_op(uint16_t ctrl)
{
    return ctrl & 0x7fu;
}
/// Not checked: may be more than CONSOLE_MESSAGE_BYTES.
static inline size_t console_ctrl_bytes(uint16_t ctrl)
{
    return ctrl >> 8 & 0x3fu;
}

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
