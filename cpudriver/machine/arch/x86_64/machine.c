// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Serial port (16550: National Semiconductor PC16550D), interrupt controllers of the first PC
// (Intel 8259A), debug console and exit device. All polled; no state.

#include "machine/machine.h"

#include "arch/cpu.h"
#include "kcb/kcb.h"

#define SERIAL_PORT 0x3f8u
#define SERIAL_SPIN_MAX 100000u
#define SERIAL_FIFO_BYTES 16u
#define DEBUG_CONSOLE_PORT 0xe9u
#define EXCEPTION_INVALID_OPCODE 6u
#define EXIT_PORT 0xf4u
#define EXIT_STATUS_BASE 0x10u ///< the runner's convention: 0x10 + status, or EXIT_DIED
#define EXIT_DIED 0x01u
#define STATUS_MARK 0x1e
#define BOCHS_SHUTDOWN_PORT 0x8900u

void serial_init(void)
{
    cpu_out8(SERIAL_PORT + 1, 0x00);
    cpu_out8(SERIAL_PORT + 3, 0x80); // divisor latch
    cpu_out8(SERIAL_PORT + 0, 0x01);
    cpu_out8(SERIAL_PORT + 1, 0x00);
    cpu_out8(SERIAL_PORT + 3, 0x03); // 8N1
    cpu_out8(SERIAL_PORT + 2, 0xc7); // FIFOs on and empty
    cpu_out8(SERIAL_PORT + 4, 0x0b);
}

static void serial_put(char c)
{
    // A console that takes nothing must not stop the core for ever.
    for (unsigned spin = 0; spin < SERIAL_SPIN_MAX && (cpu_in8(SERIAL_PORT + 5) & 0x20) == 0;
         spin++)
        cpu_pause();
    cpu_out8(SERIAL_PORT, (uint8_t)c);
}

void serial_write(const char *text, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        if (text[i] == '\n')
            serial_put('\r');
        serial_put(text[i]);
    }
}

size_t serial_write_now(const char *text, size_t bytes)
{
    size_t taken = 0, room = (cpu_in8(SERIAL_PORT + 5) & 0x20) != 0 ? SERIAL_FIFO_BYTES : 0;
    while (taken < bytes && room >= 2) { // a newline is two
        if (text[taken] == '\n') {
            cpu_out8(SERIAL_PORT, '\r');
            room--;
        }
        cpu_out8(SERIAL_PORT, (uint8_t)text[taken++]);
        room--;
    }
    return taken;
}

void debug_console_write(const char *text, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        cpu_out8(DEBUG_CONSOLE_PORT, (uint8_t)text[i]);
}

static _Noreturn void machine_exit(uint8_t code)
{
    // What was printed must have left the port: the machine ends at once.
    for (unsigned spin = 0; spin < SERIAL_SPIN_MAX && (cpu_in8(SERIAL_PORT + 5) & 0x40) == 0;
         spin++)
        cpu_pause();
    cpu_out8(EXIT_PORT, code);
    // There is no such device. Bochs ends the machine when asked in this way, without a status: that
    // goes to the debug console, where the runner finds it.
    const char status[] = {STATUS_MARK, (char)code};
    debug_console_write(status, sizeof(status));
    for (const char *at = "Shutdown"; *at != '\0'; at++)
        cpu_out8(BOCHS_SHUTDOWN_PORT, (uint8_t)*at);
    machine_stop_core();
}

void machine_stop_core(void)
{
    for (;;)
        asm volatile("cli; hlt");
}

void machine_halt(unsigned status)
{
    machine_exit((uint8_t)(EXIT_STATUS_BASE + status));
}

void machine_die(void)
{
    machine_exit(EXIT_DIED);
}

/// The kcb is there once a core runs on its own stack.
static bool kcb_present(void)
{
    return (uint64_t)__builtin_frame_address(0) >= (uint64_t)private_start;
}

unsigned machine_core_id(void)
{
    return kcb_present() ? kcb.core_id : 0;
}

uint64_t machine_fault_address(void)
{
    return cpu_read_cr2();
}

const char *machine_raised(uint64_t vector, const struct registers *regs)
{
    bool text = regs->rdi - (uint64_t)etext < (uint64_t)(private_start - etext);
    return vector == EXCEPTION_INVALID_OPCODE && text ? (const char *)regs->rdi : NULL;
}

bool machine_is_stack(uint64_t address)
{
    if (!kcb_present() || address % 8 != 0)
        return false;
    uint64_t low = (uint64_t)kcb.stack, high = low + sizeof(kcb.stack);
    uint64_t fault_low = (uint64_t)kcb.arch.fault_stacks;
    return (address >= low && address + 16 <= high) ||
           (address >= fault_low && address + 16 <= fault_low + sizeof(kcb.arch.fault_stacks));
}

void pic_disable(void)
{
    // First away from the exceptions' vectors, as the firmware left it: an interrupt may be on its
    // way.
    const uint8_t words[][2] = {{0x20, 0x11}, {0xa0, 0x11}, {0x21, 0xf0}, {0xa1, 0xf8},
                                {0x21, 0x04}, {0xa1, 0x02}, {0x21, 0x01}, {0xa1, 0x01},
                                {0x21, 0xff}, {0xa1, 0xff}};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        cpu_out8(words[i][0], words[i][1]);
}
