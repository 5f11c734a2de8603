// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A short list, in no order; each account knows the place of its page in it. What is free changes with every request of
// any domain; to tell all of them each time would cost more than the requests, so each change is
// told to its domain and to OTHERS_TOLD others in turn. With n pages, what a page tells of the core
// is at most n / OTHERS_TOLD changes old.
#include "info.h"

#include "barrelfish/capabilities.h"
#include "barrelfish/vspace_common.h"
#include "kpi/info.h"

#define OTHERS_TOLD 8u

struct page {
    struct account *account;
    struct capref frame;
    genpaddr_t base;
    struct info_memory *memory; ///< in the mapped page
    uint64_t sequence;          ///< E4: the page itself is not read
};

static struct page pages[INFO_PAGES_MAX];
static uint32_t pages_count;

static struct page *page_of(const struct account *account)
{
    return account != NULL && account->page != 0 ? &pages[account->page - 1] : NULL;
}

static errval_t check(const struct account *account, struct capref frame, genpaddr_t *base)
{
    struct frame_identity identity;
    if (account == NULL)
        return SPAWN_ERR_NO_DOMAIN;
    errval_t err = frame_identify(frame, &identity);
    if (err_is_fail(err))
        return err;
    if (identity.bytes != BASE_PAGE_SIZE || account->domain == 0 || account->page != 0)
        return LIB_ERR_INVALID_ARGS;
    *base = identity.base;
    return pages_count < INFO_PAGES_MAX ? SYS_ERR_OK : LIB_ERR_MALLOC_FAIL;
}

errval_t info_add(struct account *account, struct capref frame)
{
    void *mapped;
    genpaddr_t base;
    errval_t err = capref_is_null(frame) ? LIB_ERR_INVALID_ARGS : check(account, frame, &base);
    if (err_is_ok(err))
        err = vspace_map_one_frame(&mapped, BASE_PAGE_SIZE, frame, NULL, NULL);
    if (err_is_ok(err)) {
        struct domain_info *info = mapped;
        pages[pages_count++] = (struct page){account, frame, base, &info->memory, 0};
        account->page = (uint16_t)pages_count;
    } else if (!capref_is_null(frame)) {
        (void)cap_destroy(frame);
    }
    return err;
}

void info_remove(struct account *account)
{
    struct page *page = page_of(account);
    if (page == NULL)
        return;
    (void)vspace_unmap(page->memory);
    (void)cap_destroy(page->frame);
    account->page = 0;
    *page = pages[--pages_count];
    if (page != &pages[pages_count])
        page->account->page = (uint16_t)(page - pages + 1);
}

void info_remove_range(genpaddr_t base, gensize_t bytes)
{
    for (uint32_t i = pages_count; i > 0; i--)
        if (pages[i - 1].base - base < bytes)
            info_remove(pages[i - 1].account);
}

/// E2. The reader is another dispatcher of this core: the order of the instructions is enough.
static void begin(struct page *page)
{
    *(volatile uint64_t *)&page->memory->sequence = ++page->sequence;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
}

static void end(struct page *page)
{
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    *(volatile uint64_t *)&page->memory->sequence = ++page->sequence;
}

void info_publish(const struct account *account, gensize_t free_bytes, gensize_t total_bytes)
{
    static uint32_t next;
    struct page *own = page_of(account);
    if (own != NULL) {
        begin(own);
        own->memory->bytes = account->bytes;
        own->memory->pieces = account->pieces;
        own->memory->limit = account->limit != ACCOUNT_NO_LIMIT ? account->limit : 0;
        own->memory->free_bytes = free_bytes;
        own->memory->total_bytes = total_bytes;
        end(own);
    }
    for (uint32_t i = 0; i < OTHERS_TOLD && i < pages_count; i++) {
        struct page *page = &pages[next++ % pages_count];
        begin(page);
        page->memory->free_bytes = free_bytes;
        page->memory->total_bytes = total_bytes;
        end(page);
    }
}
