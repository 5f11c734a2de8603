// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The serial port, a 16550 with FIFOs, through an IO capability. Nothing here waits. Where
// there is no such port what is written goes nowhere and nothing comes.
#pragma once

#include "barrelfish/caddr.h"

/// Use the port of an IO capability; leaves speed and format as the CPU driver has set them.
errval_t uart_init(struct capref io);

/// From now on received bytes raise the interrupt.
LIB_MUST_CHECK errval_t uart_interrupt_on_receive(void);

/// Write up to `bytes` bytes, as many as it takes now; returns their number.
size_t uart_write(const char *text, size_t bytes);

/// Take a byte that has come; false: none has.
bool uart_read(char *c);
