// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// See behalf.h for H0 to H5.
#include "behalf.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bench/mark.h"

#define WORD_BYTES 2u // an entry of spawnd's queue is no larger

/// Who wrote a word, and for what.
struct written {
    unsigned core;
    int image;
    behalf_region works;
    bool put_off; ///< for the writer itself to read
    bool taken;
};

void behalf_begin(struct behalf *behalf, const struct images *images, FILE *out)
{
    *behalf = (struct behalf){.images = images, .out = out, .client = IMAGE_NONE};
    fprintf(out, "region,items,client,services,driver\n");
}

static const struct {
    const char *name;
    enum behalf_role role;
} functions[] = {
    {"lmp_endpoint_recv", BEHALF_TAKES},
    {"ump_chan_recv", BEHALF_TAKES},
    {"rings_ready", BEHALF_TAKES}, // between monitors
    {"lmp_deliver", BEHALF_SENDS},
    {"ump_chan_send", BEHALF_SENDS},
    {"ump_chan_publish", BEHALF_SENDS},
    {"receive_rings", BEHALF_TAKES}, // of a binding; lines are written where they are made
    {"flounder_call_line", BEHALF_SENDS},
    {"flounder_answer_line", BEHALF_SENDS},
    {"send__write", BEHALF_SENDS},   // to the console
    {"channel_send", BEHALF_DEFERS}, // between monitors
    {"channel_drain", BEHALF_PASSES},
    {"waitset_chan_register", BEHALF_DEFERS}, // an event's closure
    {"waitset_chan_register_disabled", BEHALF_DEFERS},
    {"waitset_chan_register_polled", BEHALF_DEFERS},
    {"waitset_chan_register_polled_disabled", BEHALF_DEFERS},
    {"waitset_chan_trigger_closure", BEHALF_DEFERS},
    {"waitset_take_disabled", BEHALF_RESUMES},
    {"end_queue_add", BEHALF_DEFERS}, // spawnd's domains that end
    {"end_queue_take", BEHALF_RESUMES},
    {"sys_lmp_call", BEHALF_CALLS},
    {"event_dispatch", BEHALF_WAITS},
    {"event_dispatch_until", BEHALF_WAITS},
    {"event_dispatch_non_block", BEHALF_WAITS},
    {"cpu_idle", BEHALF_IDLES},
};
#define FUNCTIONS (sizeof(functions) / sizeof(functions[0]))

const char *behalf_missing(const struct images *images)
{
    for (size_t i = 0; i < FUNCTIONS; i++) {
        int image = 0;
        while (image < (int)images->count && images_address(images, image, functions[i].name) == 0)
            image++;
        if (image == (int)images->count)
            return functions[i].name;
    }
    return NULL;
}

enum behalf_role behalf_role(const struct images *images, int image, uint64_t vaddr)
{
    const char *name = strchr(images_symbol_name(images, images_symbol(images, image, vaddr)), ':');
    for (size_t i = 0; name != NULL && i < FUNCTIONS; i++) {
        if (strcmp(name + 1, functions[i].name) == 0) {
            // What follows the wait, in the same function, is the event's.
            bool waited = functions[i].role == BEHALF_WAITS &&
                          vaddr != images_address(images, image, functions[i].name);
            return waited ? BEHALF_ANY : functions[i].role;
        }
    }
    return BEHALF_ANY;
}

/// What a program works for when a message or an event tells it (H1, H5).
static behalf_region works_for(const struct behalf *behalf, int image, behalf_region told)
{
    if (image == behalf->client)
        return behalf->active ? behalf->regions : 0;
    return behalf->aside[image] ? 0 : told;
}

/// H1, H2: a program's own instructions.
static behalf_region program_works(struct behalf *behalf, struct behalf_core *core,
                                   const struct behalf_block *block)
{
    if (block->image == IMAGE_NONE) // it looks the same in several; so few that it is no matter
        return core->works;
    behalf_region *works = &core->service[block->image];
    if (block->role == BEHALF_CALLS && core->image == IMAGE_CPUDRIVER)
        *works = core->works; // H4
    else if (block->role == BEHALF_WAITS)
        *works = 0;
    return works_for(behalf, block->image, *works);
}

void behalf_execute(struct behalf *behalf, unsigned number, const struct behalf_block *block)
{
    struct behalf_core *core = &behalf->core[number];
    bool driver = block->image == IMAGE_CPUDRIVER;
    if (!driver)
        core->works = program_works(behalf, core, block);
    else if (block->role == BEHALF_IDLES)
        core->works = 0; // H3
    core->image = block->image != IMAGE_NONE ? block->image : core->image;
    if (core->works != 0) {
        behalf->counts[core->works].parts[driver                           ? BEHALF_DRIVER
                                          : block->image == behalf->client ? BEHALF_CLIENT
                                                                           : BEHALF_SERVICES] +=
            block->count;
    }
}

static void note_written(struct behalf *behalf, unsigned number, const struct behalf_block *block,
                         uint64_t at)
{
    const struct behalf_core *core = &behalf->core[number];
    struct written written = {.core = number, .image = block->image, .works = core->works};
    written.put_off = block->role == BEHALF_DEFERS;
    if (block->role == BEHALF_PASSES)
        written.works = core->passed;
    if (block->role == BEHALF_SENDS || block->role == BEHALF_PASSES || written.put_off)
        *(struct written *)map_make(&behalf->words, at, sizeof(written)) = written;
}

static void take(struct behalf *behalf, unsigned number, const struct behalf_block *block,
                 uint64_t at)
{
    struct behalf_core *core = &behalf->core[number];
    struct written *written = map_find(&behalf->words, at);
    if (written == NULL || written->taken)
        return;
    bool own = written->core == number && written->image == block->image;
    if (block->role == BEHALF_PASSES && own && written->put_off) {
        core->passed = written->works;
    } else if ((block->role == BEHALF_TAKES && !own) ||
               (block->role == BEHALF_RESUMES && own && written->put_off)) { // H2, H4
        written->taken = true;
        core->service[block->image] = written->works;
        core->works = works_for(behalf, block->image, written->works);
    }
}

void behalf_access(struct behalf *behalf, unsigned number, const struct behalf_block *block,
                   uint64_t paddr, unsigned bytes, bool write)
{
    struct behalf_core *core = &behalf->core[number];
    // QEMU 7.2 tells a block that was left by an exception of accesses that come after it.
    if (core->image != block->image)
        return;
    for (uint64_t at = paddr / WORD_BYTES; at <= (paddr + bytes - 1) / WORD_BYTES; at++)
        if (write)
            note_written(behalf, number, block, at);
        else
            take(behalf, number, block, at);
}

static void begin_region(struct behalf *behalf, int image)
{
    behalf->regions++;
    behalf->counts = reallocarray(behalf->counts, behalf->regions + 1, sizeof(*behalf->counts));
    if (behalf->counts == NULL)
        abort();
    behalf->counts[behalf->regions] = (struct behalf_counts){0};
    behalf->active = true;
    behalf->client = image;
}

void behalf_mark(struct behalf *behalf, unsigned op, int image)
{
    if (op == BENCH_MARK_OP_BEGIN)
        begin_region(behalf, image);
    else if (op == BENCH_MARK_OP_ITEM && behalf->active)
        behalf->counts[behalf->regions].items++;
    else if (op == BENCH_MARK_OP_ASIDE)
        behalf->aside[image] = true;
    else if (op == BENCH_MARK_OP_END)
        behalf->active = false;
}

void behalf_finish(struct behalf *behalf)
{
    for (behalf_region i = 1; i <= behalf->regions; i++) {
        const struct behalf_counts *counts = &behalf->counts[i];
        fprintf(behalf->out, "%u,%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 "\n", i,
                counts->items, counts->parts[BEHALF_CLIENT], counts->parts[BEHALF_SERVICES],
                counts->parts[BEHALF_DRIVER]);
    }
    fflush(behalf->out);
}

void behalf_free(struct behalf *behalf)
{
    free(behalf->counts);
    map_free(&behalf->words);
}
