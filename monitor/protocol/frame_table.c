// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// See protocol/frame_table.h for F1 to F3.

#include "protocol/frame_table.h"

#include <assert.h>

static uint16_t find(const struct frame_table *table, genpaddr_t base)
{
    uint16_t i = table_first(&table->by_base, base);
    while (i != TABLE_NONE && table->frames[i].base != base)
        i = table_next(&table->by_base, i);
    return i;
}

/// (F2)
static unsigned kept_count(const struct frame_table *table, domainid_t family, domainid_t server)
{
    unsigned count = 0;
    for (unsigned i = 0; i < table->by_base.used; i++) {
        const struct frame_entry *frame = &table->frames[i];
        count +=
            frame->state == FRAME_KEPT && frame->client.family == family && frame->server == server
                ? 1
                : 0;
    }
    return count;
}

errval_t frame_table_may_add(const struct frame_table *table, struct member client,
                             domainid_t server, unsigned most)
{
    if (table->by_base.count == FRAMES_MAX ||
        shares_count(&table->clients, client.family) >= most ||
        shares_count(&table->servers, server) >= FRAMES_KEPT_SHARE ||
        kept_count(table, client.family, server) >= FRAMES_KEPT_SHARE)
        return MON_ERR_LIMIT;
    return SYS_ERR_OK;
}

void frame_table_add(struct frame_table *table, genpaddr_t base, gensize_t bytes,
                     struct member client, domainid_t server)
{
    uint16_t i = table_add(&table->by_base, FRAMES_MAX, base);
    if (i == TABLE_NONE)
        return;
    table->frames[i] = (struct frame_entry){base, bytes, client, server, FRAME_HELD};
    shares_add(&table->clients, client.family);
}

/// From the client's share to the server's.
static void leave(struct frame_table *table, struct frame_entry *frame)
{
    if (frame->state == FRAME_LEFT)
        return;
    assert(frame->bytes != 0); // F1
    shares_remove(&table->clients, frame->client.family);
    shares_add(&table->servers, frame->server);
    frame->state = FRAME_LEFT;
}

bool frame_table_has(const struct frame_table *table, genpaddr_t base)
{
    return find(table, base) != TABLE_NONE;
}

void frame_table_left(struct frame_table *table, genpaddr_t base)
{
    uint16_t i = find(table, base);
    if (i != TABLE_NONE)
        leave(table, &table->frames[i]);
}

void frame_table_client_ended(struct frame_table *table, struct member client, bool last)
{
    for (unsigned i = 0; i < table->by_base.used; i++) {
        struct frame_entry *frame = &table->frames[i];
        if (frame->bytes == 0 || frame->client.family != client.family)
            continue;
        if (last)
            leave(table, frame);
        else if (frame->client.domain == client.domain && frame->state == FRAME_HELD)
            frame->state = FRAME_KEPT;
    }
}

bool frame_table_take(struct frame_table *table, genpaddr_t base, struct frame_entry *entry)
{
    uint16_t i = find(table, base);
    if (i == TABLE_NONE)
        return false;
    *entry = table->frames[i];
    if (entry->state == FRAME_LEFT)
        shares_remove(&table->servers, entry->server);
    else
        shares_remove(&table->clients, entry->client.family);
    table_remove(&table->by_base, base, i);
    table->frames[i] = (struct frame_entry){0};
    return true;
}

bool frame_table_valid(const struct frame_table *table)
{
    unsigned count = 0;
    for (unsigned i = 0; i < FRAMES_MAX; i++) {
        const struct frame_entry *frame = &table->frames[i];
        if (frame->bytes == 0)
            continue;
        count++;
        if (find(table, frame->base) != i ||
            shares_count(frame->state == FRAME_LEFT ? &table->servers : &table->clients,
                         frame->state == FRAME_LEFT ? frame->server : frame->client.family) == 0)
            return false;
    }
    return count == table->by_base.count && table_valid(&table->by_base);
}
