// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Where a domain's output goes.

#include "barrelfish/terminal.h"

#include "barrelfish/syscalls.h"

static size_t write_alone(const char *data, size_t length)
{
    return err_is_ok(sys_print(data, length)) ? length : 0;
}

static terminal_write_fn current_write = write_alone;
static terminal_write_fn current_write_last = write_alone;
static bool within_line; ///< what was written last does not end one

size_t terminal_write(const char *data, size_t length)
{
    within_line = length > 0 ? data[length - 1] != '\n' : within_line;
    return current_write(data, length);
}

static size_t write_line(terminal_write_fn write, const char *data, size_t length)
{
    if (within_line) {
        within_line = false;
        (void)write("\n", 1);
    }
    return write(data, length);
}

size_t terminal_write_line(const char *data, size_t length)
{
    return write_line(current_write, data, length);
}

terminal_write_fn terminal_set_write(terminal_write_fn write)
{
    terminal_write_fn before = current_write;
    current_write = write != NULL ? write : write_alone;
    return before;
}

size_t terminal_write_last(const char *data, size_t length)
{
    return write_line(current_write_last, data, length);
}

void terminal_set_write_last(terminal_write_fn write)
{
    current_write_last = write;
}
