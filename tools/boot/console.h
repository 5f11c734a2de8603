// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The console: copies bytes between the machine's serial port and the runner's standard input and
// output until the machine ends. It owns no descriptor and starts nothing.
//
// C1: No output of the machine is lost: what QEMU has written before its end is read to its end.
// C2: No input is lost: none is sent before the CPU driver's first output, which comes after it has
//     set up (and emptied) its serial port, and later no faster than QEMU takes it.
// C3: Any byte can be input. What is sent is framed (text/framing.h), which tells whether somebody
//     types, and where the input ends.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONSOLE_TAIL_BYTES 4096u
#define CONSOLE_QUIT_KEY 0x1d // Ctrl-]

enum console_end {
    CONSOLE_NOT_LOADED, // GRUB could not load all that it should have
    CONSOLE_CLOSED,     // QEMU has closed its end: it is ending
    CONSOLE_TIMEOUT,    // the deadline has passed
    CONSOLE_QUIT,       // the user typed Ctrl-]
    CONSOLE_SIGNAL,     // a signal arrived; see `signal`
    CONSOLE_NO_OUTPUT   // nobody reads standard output any more
};

/// The last CONSOLE_TAIL_BYTES of a stream.
struct console_tail {
    char bytes[CONSOLE_TAIL_BYTES];
    uint64_t total;
};

/// Bytes on their way. Those from `start` to `end` are still to be written.
struct console_buffer {
    char *bytes;
    size_t start;
    size_t end;
    size_t size;
};

/// The first group is the caller's to fill; the rest must be zero and can be read afterwards.
struct console {
    int guest_input;       // to the machine, not blocking; -1: the machine has no input
    int guest_output;      // from the machine, not blocking
    int last_words_output; // likewise
    int signals;           // a signalfd
    int log;               // -1: none
    bool input_is_terminal;
    bool unbounded; // take output at once however slowly it is read: the machine never waits
    bool verbose;
    bool timed;          // say how long QEMU and the firmware took
    int64_t start_us;    // monotonic time at which QEMU was started
    int64_t deadline_us; // 0: none

    bool ready;       // IMAGE_READY has come: what follows is the CPU driver's output
    bool load_failed; // or GRUB has reported an error before
    bool spoken;      // and it has put something out (C2)
    bool input_begun; // the frame's beginning was sent (C3)
    bool input_ended; // the end of input was read
    int signal;
    bool output_failed;
    struct console_tail firmware;
    struct console_tail last_words;
    struct console_buffer to_guest;
    struct console_buffer to_user;
};

/// Copy until something ends it.
enum console_end console_run(struct console *console);

/// After QEMU is gone: take and write what is left (C1), and free the buffers.
void console_drain(struct console *console);

/// Monotonic time.
int64_t console_now_us(void);

/// Find the last `mark` in the tail of a stream and the byte after it.
bool console_tail_find_last(const struct console_tail *tail, char mark, unsigned char *next);

/// Write the tail of a stream to standard error, each line indented, without
/// control characters and empty lines.
void console_tail_show(const struct console_tail *tail);
