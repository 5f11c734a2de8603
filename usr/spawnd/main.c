// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// spawnd: makes domains out of boot modules on its core and takes them back when they end. One on
// each core; init starts core 0's, a monitor starts its core's when it is first needed. This file
// starts it, and says who of this core may ask; badge 0 is the CPU driver's.
#include "spawnd.h"

#include "barrelfish/capabilities.h"
#include "barrelfish/slot_alloc.h"
#include "kpi/bootinfo.h"

#include <string.h>

/// What is kept of a domain: five that it was made with (struct spawn_info), one for its badge to
/// end, and its reply endpoint.
#define SLOTS_EACH_DOMAIN 7u

/// Whether a badge is that of a domain that may ask: one that runs, or one that others have
/// started. What a domain sent just before it was ended must not make it known again.
static bool alive(uint32_t badge)
{
    const struct domain *domain = domain_table_find(&domains, badge);
    return domain != NULL ? domain->state == SPAWND_RUNNING && !domain->ending
                          : badge != 0 && (badge & UINT16_MAX) < DOMAIN_DYNAMIC;
}

static void serve(void *st, uint32_t badge, const uint64_t words[LMP_MSG_LENGTH], size_t length,
                  struct capref cap)
{
    (void)st;
    struct client *client = alive(badge) ? client_local(badge) : NULL;
    if (client == NULL) {
        if (!capref_is_null(cap))
            cap_drop(cap);
        if (badge == 0)
            domain_died(words, length);
        else
            local_reply_error(badge, LIB_ERR_MALLOC_FAIL);
        return;
    }
    uint64_t request[SPAWND_WORDS] = {0};
    memcpy(request, words, (length < SPAWND_WORDS ? length : SPAWND_WORDS) * sizeof(words[0]));
    request_handle(client, request, cap);
}

/// Slots for as many domains as there can be, from the start: L2CNodes that came with the most
/// domains at once would make what is free depend on what once ran. Where memory is too small for
/// them they are made when they are needed.
static void set_slots_aside(void)
{
    size_t slots = (size_t)DOMAINS_MAX * SLOTS_EACH_DOMAIN;
    slot_keep(slots);
    (void)!slot_reserve(slots);
}

int main(void)
{
    if ((domain_spawn_args()->flags & SPAWN_FLAG_BOOTINFO) == 0 ||
        !modules_init((const struct bootinfo *)BOOTINFO_VADDR))
        USER_PANIC("spawnd got no boot information");
    say_init(domain_words_shown);
    domain_table_init(&domains, disp_get_core_id());
    end_init();
    errval_t err = memory_init(domain_reclaimed, domain_forgotten);
    if (err_is_ok(err)) {
        set_slots_aside();
        err = local_init(serve, alive);
    }
    if (err_is_ok(err))
        err = remote_init(get_default_waitset(), request_handle);
    if (err_is_fail(err))
        USER_PANIC_ERR(err, "spawnd cannot serve");
    messages_handler_loop();
}
