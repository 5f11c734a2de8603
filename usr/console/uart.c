// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The 16550. Each access is a system call; so the transmitter's FIFO is filled as a whole for each
// look at the line status. Source: National Semiconductor, PC16550D data sheet, 8.0 (registers).
#include "uart.h"

#include "barrelfish/console.h"
#include "barrelfish/invocations.h"

#define REG_DATA 0u
#define REG_INTERRUPT_ENABLE 1u
#define INTERRUPT_RECEIVED 0x01u
#define REG_FIFO_CONTROL 2u
#define REG_LINE_STATUS 5u
#define FIFO_ENABLE 0x01u
#define FIFO_TRIGGER_14 0xc0u ///< an interrupt for 14 bytes, or when no more come for a while
#define LINE_STATUS_DATA_READY 0x01u
#define LINE_STATUS_TRANSMITTER_EMPTY 0x20u
#define FIFO_BYTES 16u

#define LINE_STATUS_NO_PORT 0xffu // where nothing answers; no 16550 reports all at once

static struct capref io_cap;
static bool present;

static errval_t out(unsigned reg, uint64_t value)
{
    return invoke_io_out(io_cap, (uint16_t)(CONSOLE_PORT + reg), 1, value);
}

static errval_t read_status(uint64_t *status)
{
    return invoke_io_in(io_cap, CONSOLE_PORT + REG_LINE_STATUS, 1, status);
}

static bool line_status(uint64_t bits)
{
    uint64_t status;
    return err_is_ok(read_status(&status)) && (status & bits) != 0;
}

errval_t uart_init(struct capref io)
{
    io_cap = io;
    uint64_t status;
    errval_t err = read_status(&status);
    present = err_is_ok(err) && status != LINE_STATUS_NO_PORT;
    return present ? out(REG_FIFO_CONTROL, FIFO_ENABLE | FIFO_TRIGGER_14) : err;
}

errval_t uart_interrupt_on_receive(void)
{
    return out(REG_INTERRUPT_ENABLE, INTERRUPT_RECEIVED);
}

size_t uart_write(const char *text, size_t bytes)
{
    size_t written = present ? 0 : bytes;
    while (written < bytes && line_status(LINE_STATUS_TRANSMITTER_EMPTY)) {
        for (unsigned i = 0; i < FIFO_BYTES && written < bytes; i++) {
            if (err_is_fail(out(REG_DATA, (unsigned char)text[written])))
                return written;
            written++;
        }
    }
    return written;
}

bool uart_read(char *c)
{
    uint64_t value;
    if (!present || !line_status(LINE_STATUS_DATA_READY) ||
        err_is_fail(invoke_io_in(io_cap, CONSOLE_PORT + REG_DATA, 1, &value)))
        return false;
    *c = (char)value;
    return true;
}
