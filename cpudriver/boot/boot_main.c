// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The boot core's first C code, on the boot page tables and the boot stack: finds out what machine
// this is, sets aside what every core will need, writes the boot information for init, and then
// starts its own CPU driver as it would be started on any other core. All data here is boot-time
// data; the CPU driver proper sees only boot_space and the bootinfo frame.

#include "firmware/acpi.h"
#include "firmware/memory_map.h"
#include "firmware/multiboot2.h"

#include "arch/cpu.h"
#include "boot.h"
#include "kpi/capabilities.h"
#include "machine/machine.h"
#include "machine/panic.h"

#include "lib/string.h"

#define LOW_MEMORY_RESERVED 0x10000u ///< real-mode vectors and the firmware's data
#define COMMANDS_MARK "run:"         ///< of a boot module that is the text of shell commands
#define BOOT_BASE 0x100000u          ///< of the linker script
#define LOW_MEMORY_END 0xa0000u
#define MULTIBOOT2_BYTES_MAX (1u << 20)
#define PCI_HOLE_END 0xfec00000ul ///< I/O APIC; above are devices that the CPU drivers use

extern char trampoline_start[], trampoline_end[];

_Static_assert(ACPI_NODES_MAX == BOOTINFO_NODES_MAX, "all nodes that the tables may name");
_Static_assert(ACPI_NODES_MAX <= POOL_REGIONS_MAX, "each node has a pool");

static struct {
    struct multiboot2_info loader;
    struct acpi_info acpi;
    struct region_list map;
} boot __attribute__((section(".boot.bss")));

_Noreturn void boot_main(lpaddr_t info, uint32_t magic);

static void read_loader(lpaddr_t info, uint32_t magic)
{
    if (magic != MULTIBOOT2_BOOTLOADER_MAGIC)
        boot_fail("not started by a Multiboot2 boot loader (magic 0x%x)", magic);
    enum multiboot2_error error =
        multiboot2_parse(window_ptr(info), MULTIBOOT2_BYTES_MAX, &boot.loader);
    if (error != MULTIBOOT2_OK)
        boot_fail("the boot loader's information is malformed: %s", multiboot2_error_text(error));
    if (boot.loader.memory_dropped > 0)
        boot_fail("the memory map has %lu entries too many", boot.loader.memory_dropped);
    if (boot.loader.modules_dropped > 0)
        boot_fail("%lu boot modules too many", boot.loader.modules_dropped);
}

static const void *map_physical(void *ctx, uint64_t paddr, size_t bytes)
{
    (void)ctx;
    return paddr + bytes < WINDOW_END - WINDOW_BASE && paddr + bytes >= paddr ? window_ptr(paddr)
                                                                              : NULL;
}

static void read_acpi(void)
{
    const struct acpi_memory_access access = {.map = map_physical};
    uint32_t self = cpu_id(1, 0).ebx >> 24;
    (void)acpi_parse(boot.loader.rsdp, boot.loader.rsdp_bytes, &access, self, &boot.acpi);
    for (uint32_t i = 0; i < boot.acpi.problem_count; i++)
        kprintf("ACPI %s: %s\n", boot.acpi.problems[i].table, boot.acpi.problems[i].text);
    if (boot.acpi.pm_timer_port == 0)
        boot_fail("the machine has no ACPI PM timer to measure its clocks against");
}

static void say_left_out(uint64_t bytes, const char *why)
{
    if (bytes > 0)
        kprintf("%lu KiB of memory are left out: %s\n", bytes / 1024, why);
}

/// The window, through which CPU drivers reach memory, ends somewhere.
static void leave_out_beyond_window(void)
{
    const lpaddr_t end = WINDOW_END - WINDOW_BASE;
    uint64_t before = memory_map_total(&boot.map, MEMORY_RAM, MEMORY_ANY_NODE);
    memory_map_subtract(&boot.map, end, MEMORY_PHYS_LIMIT - end);
    say_left_out(before - memory_map_total(&boot.map, MEMORY_RAM, MEMORY_ANY_NODE),
                 "they lie above 512 GiB");
}

static void build_map(lpaddr_t info)
{
    memory_map_build(&boot.map, boot.loader.memory, boot.loader.memory_count);
    leave_out_beyond_window();
    for (size_t i = 0; i < boot.map.count; i++) {
        const struct region *region = &boot.map.regions[i];
        if (region->kind == MEMORY_RAM && region->base + region->bytes > boot_space.window_bytes)
            boot_space.window_bytes = region->base + region->bytes;
    }
    memory_map_split_nodes(&boot.map, boot.acpi.memory, boot.acpi.memory_count);
    memory_map_subtract(&boot.map, 0, LOW_MEMORY_RESERVED);
    // The window maps the image's whole large page read-only.
    lpaddr_t image_end = (image_paddr(private_end) + LARGE_PAGE_SIZE - 1) & ~(LARGE_PAGE_SIZE - 1);
    memory_map_subtract(&boot.map, BOOT_BASE, image_end - BOOT_BASE);
    uint32_t info_bytes;
    memcpy(&info_bytes, window_ptr(info), sizeof(info_bytes));
    memory_map_subtract(&boot.map, info, info_bytes);
    for (size_t i = 0; i < boot.loader.module_count; i++) {
        const struct multiboot2_module *module = &boot.loader.modules[i];
        memory_map_subtract(&boot.map, module->start, module->end - module->start);
    }
    say_left_out(boot.map.lost_bytes, "the memory map has too many pieces");
}

/// A chunk in a node, or in any if the node has no room for it.
static lpaddr_t carve(const char *what, uint64_t bytes, uint64_t align, uint64_t limit,
                      uint8_t node)
{
    struct carve_request request = {.bytes = bytes, .align = align, .limit = limit, .node = node};
    uint64_t base;
    if (memory_map_carve(&boot.map, &request, &base))
        return base;
    request.node = MEMORY_ANY_NODE;
    if (memory_map_carve(&boot.map, &request, &base))
        return base;
    boot_fail("not enough memory: %lu KiB for %s", bytes / 1024, what);
}

/// Leaves in the list what can be started: cores that are there now, that xAPIC mode reaches, and
/// no more than there is room for anywhere. The boot core is always among them.
static void choose_cores(void)
{
    uint32_t self = cpu_id(1, 0).ebx >> 24, kept = 0, count = 0, far = 0;
    for (uint32_t i = 0; i < boot.acpi.core_count; i++) {
        const struct acpi_core core = boot.acpi.cores[i];
        bool reached = core.apic_id < APIC_ID_ALL, first = core.apic_id == self;
        far += core.enabled && !reached;
        if (!core.enabled || !reached)
            continue;
        count++;
        if (kept < BOOTINFO_CORES_MAX || first)
            boot.acpi.cores[kept < BOOTINFO_CORES_MAX ? kept++ : kept - 1] = core;
    }
    boot.acpi.core_count = kept;
    if (far > 0)
        kprintf("%u cores are left out: their APIC IDs are above %u\n", far, APIC_ID_ALL - 1);
    if (count > kept)
        kprintf("%u cores are left out: at most %u are possible\n", count - kept,
                BOOTINFO_CORES_MAX);
}

static unsigned count_cores(unsigned node)
{
    unsigned count = 0;
    for (uint32_t i = 0; i < boot.acpi.core_count; i++)
        count += boot.acpi.cores[i].node == node;
    return count;
}

/// The pool of private pages: in each node enough for its cores, in whole large pages, so that the
/// window can leave it out.
static void set_pool_aside(void)
{
    for (unsigned node = 0; node < boot.acpi.node_count; node++) {
        uint64_t wanted = (uint64_t)count_cores(node) * OBJSIZE_KCB;
        uint64_t bytes = (wanted + LARGE_PAGE_SIZE - 1) & ~(LARGE_PAGE_SIZE - 1);
        if (wanted == 0)
            continue;
        boot_space.pool[node] = (struct space_region){
            carve("the cores' private pages", bytes, LARGE_PAGE_SIZE, UINT64_MAX, (uint8_t)node),
            bytes};
    }
}

static void set_trampoline_aside(void)
{
    boot_space.trampoline = carve("the page that cores start in", BASE_PAGE_SIZE, BASE_PAGE_SIZE,
                                  LOW_MEMORY_END, MEMORY_ANY_NODE);
    memcpy(window_ptr(boot_space.trampoline), trampoline_start,
           (size_t)(trampoline_end - trampoline_start));
}

static void add_region(struct bootinfo *info, enum region_kind kind, lpaddr_t base, uint64_t bytes,
                       unsigned node)
{
    if (info->regions_count == BOOTINFO_REGIONS_MAX) {
        kprintf("memory at 0x%lx, %lu KiB, left out: too many regions\n", base, bytes / 1024);
        return;
    }
    info->regions[info->regions_count++] = (struct bootinfo_region){
        .base = base, .bytes = bytes, .kind = (uint16_t)kind, .node = (uint16_t)node};
}

/// The boot core first, then the others in the order of the MADT.
static void list_cores(struct bootinfo *info)
{
    uint32_t self = cpu_id(1, 0).ebx >> 24;
    info->cores_count = 1;
    for (uint32_t i = 0; i < boot.acpi.core_count; i++) {
        const struct acpi_core *core = &boot.acpi.cores[i];
        bool first = core->apic_id == self;
        info->cores[first ? 0 : info->cores_count++] =
            (struct bootinfo_core){.apic_id = core->apic_id, .node = core->node};
    }
}

static void list_memory(struct bootinfo *info)
{
    say_left_out(memory_map_keep_largest(&boot.map, BOOTINFO_RAM_REGIONS_MAX),
                 "they are in too many pieces");
    for (size_t i = 0; i < boot.map.count; i++) {
        const struct region *region = &boot.map.regions[i];
        if (region->kind == MEMORY_RAM)
            add_region(info, REGION_RAM, region->base, region->bytes, region->node);
    }
    info->ram_bytes = memory_map_total(&boot.map, MEMORY_RAM, MEMORY_ANY_NODE);
    lpaddr_t hole = 0;
    for (size_t i = 0; i < boot.map.count; i++) {
        const struct region *region = &boot.map.regions[i];
        if (region->base < PCI_HOLE_END && region->kind != MEMORY_RESERVED)
            hole = region->base + region->bytes;
    }
    for (size_t i = 0; i < boot.map.count; i++) {
        const struct region *region = &boot.map.regions[i];
        if (region->kind == MEMORY_RESERVED && region->base <= hole &&
            region->base + region->bytes > hole)
            hole = region->base + region->bytes;
    }
    if (hole > 0 && hole < PCI_HOLE_END)
        add_region(info, REGION_DEVICE, hole, PCI_HOLE_END - hole, 0);
}

static void list_pool(struct bootinfo *info, struct core_start *self)
{
    for (unsigned node = 0; node < boot.acpi.node_count; node++) {
        struct space_region pool = boot_space.pool[node];
        if (node == info->cores[0].node) {
            self->private_base = pool.base;
            pool.base += OBJSIZE_KCB;
            pool.bytes -= OBJSIZE_KCB;
        }
        if (pool.bytes > 0)
            add_region(info, REGION_KCB, pool.base, pool.bytes, node);
    }
}

static void set_commands(struct bootinfo *info, const void *text, size_t bytes)
{
    if (bytes >= BOOTINFO_COMMANDS_MAX)
        boot_fail("%lu bytes of shell commands; at most %u are possible", bytes,
                  BOOTINFO_COMMANDS_MAX - 1);
    memcpy(info->commands, text, bytes);
    info->commands_bytes = (uint16_t)bytes;
    info->flags |= BOOTINFO_FLAG_COMMANDS;
}

static void list_modules(struct bootinfo *info)
{
    for (size_t i = 0; i < boot.loader.module_count; i++) {
        const struct multiboot2_module *from = &boot.loader.modules[i];
        if (strncmp(from->command_line, COMMANDS_MARK, strlen(COMMANDS_MARK)) == 0) {
            set_commands(info, window_ptr(from->start), from->end - from->start);
            continue;
        }
        struct bootinfo_module *to = &info->modules[info->modules_count++];
        size_t length = strnlen(from->command_line, BOOTINFO_STRING_MAX);
        if (length == BOOTINFO_STRING_MAX)
            boot_fail("the command line of a boot module has more than %u bytes",
                      BOOTINFO_STRING_MAX - 1);
        if (from->start % BASE_PAGE_SIZE != 0)
            boot_fail("boot module \"%s\" is not page-aligned", from->command_line);
        to->base = from->start;
        to->bytes = from->end - from->start;
        memcpy(to->string, from->command_line, length);
    }
}

static void list_nodes(struct bootinfo *info)
{
    info->nodes_count = (uint16_t)boot.acpi.node_count;
    for (unsigned i = 0; i < boot.acpi.node_count; i++)
        for (unsigned k = 0; k < boot.acpi.node_count; k++)
            info->distance[i][k] = boot.acpi.distance[i][k];
}

void boot_main(lpaddr_t info_paddr, uint32_t magic)
{
    uint64_t tsc = cpu_tsc();
    serial_init();
    pic_disable();
    kprintf("Stave\n");
    read_loader(info_paddr, magic);
    read_acpi();
    choose_cores();
    build_map(info_paddr);
    boot_space.local_apic = boot.acpi.local_apic_paddr;
    boot_space.io_apic = boot.acpi.io_apic_count > 0 ? boot.acpi.io_apics[0].paddr : 0;
    boot_space.pm_timer_port = boot.acpi.pm_timer_port;
    boot_space.pm_timer_bits = boot.acpi.pm_timer_bits;
    boot_space.pool_count = boot.acpi.node_count;
    set_trampoline_aside();
    set_pool_aside();

    lpaddr_t paddr = carve("the boot information", BOOTINFO_BYTES, BASE_PAGE_SIZE, UINT64_MAX, 0);
    struct bootinfo *info = window_ptr(paddr);
    struct core_start *self = window_ptr(paddr + CORE_START_OFFSET);
    memset(info, 0, BOOTINFO_BYTES);
    info->magic = BOOTINFO_MAGIC;
    info->boot_tsc = tsc;
    list_cores(info);
    list_nodes(info);
    list_memory(info);
    list_pool(info, self);
    list_modules(info);
    int commands = fw_cfg_read_commands(info->commands, BOOTINFO_COMMANDS_MAX - 1);
    if (commands >= 0) {
        info->flags |= BOOTINFO_FLAG_COMMANDS;
        info->commands_bytes = (uint16_t)commands;
    }
    self->bootinfo = paddr;
    self->apic_id = info->cores[0].apic_id;
    lpaddr_t *handover = window_ptr((lpaddr_t)boot_handover);
    handover[self->apic_id] = paddr + CORE_START_OFFSET; // so that no other core starts it again
    space_enter(self, cpudriver_main);
}
