// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Puts the models together: each event goes through the directory of lines (lines.h), and what came
// of it to the region that is being counted (counts.h). The directory follows the machine from its
// first instruction, so that a region finds lines where they are.
#include "model.h"

#include "bench/mark.h"
#include "kpi/syscalls.h"
#include <string.h>

#define MARK_BYTES 8u
#define APIC_ICR_LOW 0xfee00300u // writing it sends an interrupt (Intel SDM vol. 3, 11.6.1)
#define STUB_BYTES 16u

/// The vectors that one core can send to another each have a stub of their own.
static void find_interrupts(struct model *model)
{
    const struct images *images = &model->config->images;
    uint64_t stubs = images->count != 0 ? images_address(images, IMAGE_CPUDRIVER, "trap_stubs") : 0;
    if (stubs != 0) {
        model->interrupts = stubs + KERNEL_VECTOR_NOTIFY_FIRST * STUB_BYTES;
        model->interrupts_end = stubs + KERNEL_VECTOR_NOTIFY_END * STUB_BYTES;
    }
}

void model_init(struct model *model, struct config *config)
{
    *model = (struct model){
        .config = config,
        .clock = {.costs = config->costs},
        .region = {.images = &config->images,
                   .cores = config->cores,
                   .costs = config->costs_name,
                   .mhz = config->costs.mhz},
    };
    memcpy(model->clock.node, config->node, sizeof(config->node));
    find_interrupts(model);
    if (config->csv != NULL)
        region_csv_head(config->csv);
}

bool model_decode_mark(const uint8_t *bytes, size_t count, unsigned *op, unsigned *what)
{
    static const uint8_t opcode[] = {0x0f, 0x1f, 0x84, 0x00};
    uint32_t displacement;
    if (count != MARK_BYTES || memcmp(bytes, opcode, sizeof(opcode)) != 0)
        return false;
    memcpy(&displacement, bytes + sizeof(opcode), sizeof(displacement));
    *op = displacement & 0xf;
    *what = displacement >> 4 & 0xfff;
    return (displacement & 0xffff0000u) == BENCH_MARK_BASE;
}

/// MFENCE, what has a LOCK prefix, and XCHG with memory (Intel SDM vol. 3, 9.2.5).
static bool is_fence(const uint8_t *bytes, size_t count)
{
    static const uint8_t mfence[] = {0x0f, 0xae, 0xf0};
    if (count == sizeof(mfence) && memcmp(bytes, mfence, sizeof(mfence)) == 0)
        return true;
    size_t at = 0;
    while (at < count && (bytes[at] == 0x66 || bytes[at] >> 4 == 4)) // operand size, REX
        at++;
    bool exchange = at + 1 < count && (bytes[at] & 0xfe) == 0x86 && bytes[at + 1] >> 6 != 3;
    return exchange || (at < count && bytes[at] == 0xf0);
}

const struct site *model_site(struct model *model, uint64_t pc, int image, const uint8_t *bytes,
                              size_t count)
{
    // The bytes are part of the key: memory may hold one program after another.
    uint64_t key = pc ^ (uint64_t)(image + 1) << 50;
    for (size_t i = 0; i < count; i++)
        key = (key ^ bytes[i]) * 0x100000001b3u;
    struct site *site = map_find(&model->sites, key);
    if (site == NULL) {
        site = map_make(&model->sites, key, sizeof(*site));
        site->pc = pc;
        site->image = image;
        site->code = images_symbol(&model->config->images, image, pc);
        site->driver = pc >= CPUDRIVER_HALF;
        site->pause = count == 2 && bytes[0] == 0xf3 && bytes[1] == 0x90;
        site->fence = is_fence(bytes, count);
        site->interrupt = pc >= model->interrupts && pc < model->interrupts_end &&
                          (pc - model->interrupts) % STUB_BYTES == 0;
        site->mark = model_decode_mark(bytes, count, &site->mark_op, &site->mark_what);
    }
    return site;
}

static void print_result(struct model *model)
{
    struct config *config = model->config;
    region_print(&model->region, config->text);
    if (config->csv != NULL) {
        region_csv(&model->region, config->csv);
        fflush(config->csv);
    }
    fflush(config->text); // the machine may be stopped any time
}

/// Times from the first mark on: of the core that executes the last, and of each.
static void take_times(struct model *model, unsigned core)
{
    struct region *region = &model->region;
    region->time = model->clock.core[core].now - region->begun_at;
    for (unsigned i = 0; i < region->cores; i++)
        region->core[i].time = model->clock.core[i].now - region->begun_at;
}

static void mark(struct model *model, unsigned core, const struct site *site)
{
    struct region *region = &model->region;
    bool before = region->active;
    bool ended = region_mark(region, site->mark_op, site->mark_what);
    if (region->active && !before) {
        clock_align(&model->clock);
        region->begun_at = model->clock.core[core].now;
    }
    if (ended) {
        take_times(model, core);
        print_result(model);
        region_close(region);
    }
}

void model_instruction(struct model *model, unsigned core, const struct site *site)
{
    struct region *region = &model->region;
    if (site->mark) { // marks themselves are not counted
        mark(model, core, site);
        return;
    }
    if (region->active)
        region_instruction(region, core, site->code, site->driver);
    clock_instruction(&model->clock, core);
    if (site->pause)
        clock_pause(&model->clock, core, site->pc);
    else if (site->fence)
        clock_fence(&model->clock, core);
    else if (site->interrupt)
        clock_interrupt_taken(&model->clock, core);
}

/// Data belongs to the image of the code that uses it. Heaps, stacks, frames and what the CPU
/// driver sees of a domain's memory have no name. Through its window on physical memory the CPU
/// driver also sees the part of its image that is linked at physical addresses.
static uint32_t data_symbol(const struct model *model, const struct site *site, uint64_t vaddr)
{
    bool window = site->driver && vaddr - CPUDRIVER_HALF < CPUDRIVER_WINDOW_BYTES;
    return images_symbol(&model->config->images, site->image,
                         window ? vaddr - CPUDRIVER_HALF : vaddr);
}

void model_audit(struct model *model, unsigned core, const struct site *site, uint64_t vaddr,
                 uint64_t paddr, unsigned bytes, bool write)
{
    if (model->config->audit == NULL || !site->driver)
        return;
    for (uint64_t number = paddr / LINE_BYTES; number <= (paddr + bytes - 1) / LINE_BYTES;
         number++) {
        struct audited *line = audit_access(&model->audit, number, core, write);
        if (line != NULL)
            audit_touch(line, core, write, site->code, data_symbol(model, site, vaddr));
    }
}

void model_access(struct model *model, unsigned core, const struct site *site, uint64_t vaddr,
                  uint64_t paddr, unsigned bytes, bool write)
{
    uint64_t next;
    model_audit(model, core, site, vaddr, paddr, bytes, write);
    for (uint64_t at = paddr, end = paddr + bytes; at < end; at = next) {
        uint64_t number = at / LINE_BYTES;
        next = (number + 1) * LINE_BYTES < end ? (number + 1) * LINE_BYTES : end;
        struct line *line = lines_get(&model->lines, number);
        const struct clock_access access = {
            .number = number,
            .offset = at % LINE_BYTES,
            .bytes = (unsigned)(next - at),
            .write = write,
            .effect = line_access(line, core, write),
        };
        bool moved = access.effect.from_memory || access.effect.transferred;
        if (moved && model->region.active) {
            region_effect(&model->region, core, site->code, data_symbol(model, site, vaddr),
                          &access.effect);
        }
        clock_access(&model->clock, core, &line->history, &access);
    }
}

void model_device_write(struct model *model, unsigned core, uint64_t paddr)
{
    if (paddr == APIC_ICR_LOW)
        clock_interrupt_sent(&model->clock, core);
}

static void finish_counts(struct model *model, FILE *text)
{
    struct region *region = &model->region;
    if (region->active) {
        fprintf(text, "%s: begun, but not ended\n", region_what_name(region->what));
        region_close(region);
    }
    if (region->misplaced != 0) {
        fprintf(text, "%lu marks outside their measurement: not counted\n",
                (unsigned long)region->misplaced);
    }
    if (region->ended == 0)
        fprintf(text, "nothing was measured: no program executed the marks of bench/mark.h\n");
    fflush(text);
    if (model->config->csv != NULL)
        fflush(model->config->csv);
}

void model_finish(struct model *model)
{
    const struct config *config = model->config;
    if (config->text != NULL)
        finish_counts(model, config->text);
    if (config->audit != NULL) {
        audit_report(&model->audit, &config->images, config->audit);
        fflush(config->audit);
    }
}

void model_free(struct model *model)
{
    lines_free(&model->lines);
    audit_free(&model->audit);
    map_free(&model->sites);
    map_free(&model->region.pairs);
}
