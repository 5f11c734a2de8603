// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// See behalf.h for H1 to H5.
#include "behalf.h"

#include <inttypes.h>
#include <string.h>

#include "bench/mark.h"

#define WORD_BYTES 4u // the counters of an endpoint are no larger

/// Who wrote a word of a message, and whether for the client.
struct written {
    unsigned core;
    int image;
    bool ours;
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
    {"channel_drain", BEHALF_SENDS}, // between monitors
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
        while (image < (int)images->count &&
               images_address(images, image, functions[i].name) == 0) {
            image++;
        }
        if (image == (int)images->count) {
            return functions[i].name;
        }
    }
    return NULL;
}

enum behalf_role behalf_role(const struct images *images, int image, uint64_t vaddr)
{
    const char *name = strchr(images_symbol_name(images, images_symbol(images, image, vaddr)), ':');
    for (size_t i = 0; name != NULL && i < FUNCTIONS; i++) {
        if (strcmp(name + 1, functions[i].name) == 0) {
            return functions[i].role;
        }
    }
    return BEHALF_ANY;
}

static bool is_client(const struct behalf *behalf, int image)
{
    return behalf->active && image == behalf->client;
}

/// H1, H2: a program's own instructions.
static bool program_works(struct behalf *behalf, struct behalf_core *core,
                          const struct behalf_block *block)
{
    if (block->image == IMAGE_NONE) { // it looks the same in several; so few that it is no matter
        return core->ours;
    }
    bool *works = &core->service[block->image];
    if (block->role == BEHALF_CALLS && core->image == IMAGE_CPUDRIVER) {
        *works = core->ours; // H4
    } else if (block->role == BEHALF_WAITS) {
        *works = false;
    }
    return is_client(behalf, block->image) || (*works && !behalf->aside[block->image]); // H5
}

void behalf_execute(struct behalf *behalf, unsigned number, const struct behalf_block *block)
{
    struct behalf_core *core = &behalf->core[number];
    bool driver = block->image == IMAGE_CPUDRIVER;
    if (!driver) {
        core->ours = program_works(behalf, core, block);
    } else if (block->role == BEHALF_IDLES) {
        core->ours = false; // H3
    }
    core->image = block->image != IMAGE_NONE ? block->image : core->image;
    if (behalf->active && core->ours) {
        behalf->parts[driver                           ? BEHALF_DRIVER
                      : block->image == behalf->client ? BEHALF_CLIENT
                                                       : BEHALF_SERVICES] += block->count;
    }
}

void behalf_access(struct behalf *behalf, unsigned number, const struct behalf_block *block,
                   uint64_t paddr, unsigned bytes, bool write)
{
    struct behalf_core *core = &behalf->core[number];
    // QEMU 7.2 tells a block that was left by an exception of accesses that come after it.
    if (core->image != block->image) {
        return;
    }
    for (uint64_t at = paddr / WORD_BYTES; at <= (paddr + bytes - 1) / WORD_BYTES; at++) {
        if (write && block->role == BEHALF_SENDS) {
            struct written *written = map_make(&behalf->words, at, sizeof(*written));
            *written = (struct written){number, block->image, core->ours};
        } else if (!write && block->role == BEHALF_TAKES) {
            const struct written *written = map_find(&behalf->words, at);
            bool others =
                written != NULL && (written->core != number || written->image != block->image);
            if (others) { // H2, H4
                core->service[block->image] = written->ours && !behalf->aside[block->image];
                core->ours = is_client(behalf, block->image) || core->service[block->image];
            }
        }
    }
}

void behalf_mark(struct behalf *behalf, unsigned op, int image)
{
    if (op == BENCH_MARK_OP_BEGIN) {
        memset(behalf->core, 0, sizeof(behalf->core)); // what was sent before is for nobody
        behalf->active = true;
        behalf->client = image;
        behalf->items = 0;
        memset(behalf->parts, 0, sizeof(behalf->parts));
    } else if (op == BENCH_MARK_OP_ITEM) {
        behalf->items += behalf->active;
    } else if (op == BENCH_MARK_OP_ASIDE) {
        behalf->aside[image] = true;
    } else if (op == BENCH_MARK_OP_END && behalf->active) {
        behalf->active = false;
        fprintf(behalf->out, "%u,%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 "\n",
                ++behalf->regions, behalf->items, behalf->parts[BEHALF_CLIENT],
                behalf->parts[BEHALF_SERVICES], behalf->parts[BEHALF_DRIVER]);
        fflush(behalf->out); // the machine may be stopped any time
    }
}

void behalf_free(struct behalf *behalf)
{
    map_free(&behalf->words);
}
