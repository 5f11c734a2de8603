// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Formatted output of the CPU driver and its last words. It keeps no state and takes its bytes
// straight to the devices, so that it works from the first line of boot_main to a panic.

#include "machine/panic.h"

#include "machine/machine.h"

#include "lib/string.h"

struct sink {
    bool debug_console; ///< the runner's record of last words gets them too
};

static void put(const struct sink *sink, const char *text, size_t bytes)
{
    serial_write(text, bytes);
    if (sink->debug_console)
        debug_console_write(text, bytes);
}

static void put_number(const struct sink *sink, uint64_t value, unsigned base, bool negative,
                       unsigned width, char fill)
{
    char digits[24];
    size_t at = sizeof(digits);
    do {
        digits[--at] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    if (negative)
        digits[--at] = '-';
    while (sizeof(digits) - at < width && at > 0)
        digits[--at] = fill;
    put(sink, digits + at, sizeof(digits) - at);
}

static const char *put_conversion(const struct sink *sink, const char *at, va_list *args)
{
    char fill = *at == '0' ? '0' : ' ';
    unsigned width = 0;
    while (*at >= '0' && *at <= '9')
        width = width * 10 + (unsigned)(*at++ - '0');
    bool is_long = *at == 'l';
    at += is_long;
    if (*at == 's') {
        const char *text = va_arg(*args, const char *);
        put(sink, text, strlen(text));
    } else if (*at == 'c') {
        put(sink, &(char){(char)va_arg(*args, int)}, 1);
    } else if (*at == 'd') {
        int64_t value = is_long ? va_arg(*args, int64_t) : va_arg(*args, int);
        uint64_t magnitude = value < 0 ? -(uint64_t)value : (uint64_t)value;
        put_number(sink, magnitude, 10, value < 0, width, fill);
    } else if (*at == 'u' || *at == 'x') {
        uint64_t value = is_long ? va_arg(*args, uint64_t) : va_arg(*args, unsigned);
        put_number(sink, value, *at == 'u' ? 10 : 16, false, width, fill);
    } else if (*at == 'p') {
        put_number(sink, (uint64_t)va_arg(*args, void *), 16, false, 16, '0');
    } else {
        put(sink, at, 1);
    }
    return at + 1;
}

static void print(const struct sink *sink, const char *format, va_list *args)
{
    while (*format != '\0') {
        size_t plain = 0;
        while (format[plain] != '\0' && format[plain] != '%')
            plain++;
        put(sink, format, plain);
        format += plain;
        if (*format == '%')
            format = put_conversion(sink, format + 1, args);
    }
}

void kprintf(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    print(&(struct sink){false}, format, &args);
    va_end(args);
}

static const struct sink last_words = {true};

static void say(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    print(&last_words, format, &args);
    va_end(args);
}

static void say_registers(const struct registers *r)
{
    say("  rax 0x%016lx rbx 0x%016lx rcx 0x%016lx rdx 0x%016lx\n", r->rax, r->rbx, r->rcx, r->rdx);
    say("  rsi 0x%016lx rdi 0x%016lx rbp 0x%016lx rsp 0x%016lx\n", r->rsi, r->rdi, r->rbp, r->rsp);
    say("  r8  0x%016lx r9  0x%016lx r10 0x%016lx r11 0x%016lx\n", r->r8, r->r9, r->r10, r->r11);
    say("  r12 0x%016lx r13 0x%016lx r14 0x%016lx r15 0x%016lx\n", r->r12, r->r13, r->r14, r->r15);
    say("  rip 0x%016lx eflags 0x%lx\n", r->rip, r->eflags);
}

/// Frame pointers are kept, so the chain of callers can be read; addr2line gives names
/// to the addresses.
static void say_backtrace(uint64_t frame)
{
    say("  called from:");
    for (unsigned depth = 0; depth < 16 && machine_is_stack(frame); depth++) {
        const uint64_t *words = (const uint64_t *)frame;
        say(" 0x%lx", words[1]);
        if (words[0] <= frame)
            break;
        frame = words[0];
    }
    say("\n");
}

void panic(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say("\nStave CPU driver panic, core %u: ", machine_core_id());
    print(&last_words, format, &args);
    va_end(args);
    say("\n");
    say_backtrace((uint64_t)__builtin_frame_address(0));
    machine_die();
}

void panic_exception(uint64_t vector, uint64_t error, const struct registers *regs)
{
    const char *broken = machine_raised(vector, regs);
    if (broken != NULL)
        say("\nStave CPU driver panic, core %u: %s\n", machine_core_id(), broken);
    else
        say("\nStave CPU driver panic, core %u: exception %lu, error code 0x%lx, cr2 0x%lx\n",
            machine_core_id(), vector, error, machine_fault_address());
    say_registers(regs);
    say_backtrace(regs->rbp);
    machine_die();
}

void boot_fail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    unsigned core = machine_core_id();
    if (core == 0)
        say("Stave cannot go on: ");
    else
        say("core %u cannot start: ", core);
    print(&last_words, format, &args);
    va_end(args);
    say("\n");
    if (core == 0)
        machine_die();
    machine_stop_core();
}
