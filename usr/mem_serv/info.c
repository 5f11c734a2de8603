// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A short list, in no order, as that of the accounts. What is free changes with every request of
// any domain; to tell all of them each time would cost more than the requests, so each change is
// told to its domain and to OTHERS_TOLD others in turn. With n pages, what a page tells of the core
// is at most n / OTHERS_TOLD changes old.
#include "info.h"

#include "barrelfish/capabilities.h"
#include "barrelfish/vspace_common.h"
#include "kpi/info.h"

#define OTHERS_TOLD 8u

struct page {
    domainid_t domain;
    struct capref frame;
    genpaddr_t base;
    struct info_memory *memory; ///< in the mapped page
    uint64_t sequence;          ///< E4: the page itself is not read
};

static struct page pages[ACCOUNTS_MAX];
static uint32_t pages_count;

static struct page *find(domainid_t domain)
{
    for (uint32_t i = 0; i < pages_count; i++) {
        if (pages[i].domain == domain) {
            return &pages[i];
        }
    }
    return NULL;
}

static errval_t check(domainid_t domain, struct capref frame, genpaddr_t *base)
{
    struct frame_identity identity;
    errval_t err = frame_identify(frame, &identity);
    if (err_is_fail(err)) {
        return err;
    }
    if (identity.bytes != BASE_PAGE_SIZE || domain == 0 || find(domain) != NULL) {
        return LIB_ERR_INVALID_ARGS;
    }
    *base = identity.base;
    return pages_count < ACCOUNTS_MAX ? SYS_ERR_OK : LIB_ERR_MALLOC_FAIL;
}

errval_t info_add(domainid_t domain, struct capref frame)
{
    void *mapped;
    genpaddr_t base;
    errval_t err = capref_is_null(frame) ? LIB_ERR_INVALID_ARGS : check(domain, frame, &base);
    if (err_is_ok(err)) {
        err = vspace_map_one_frame(&mapped, BASE_PAGE_SIZE, frame, NULL, NULL);
    }
    if (err_is_ok(err)) {
        struct domain_info *info = mapped;
        pages[pages_count++] = (struct page){domain, frame, base, &info->memory, 0};
    } else if (!capref_is_null(frame)) {
        (void)cap_destroy(frame);
    }
    return err;
}

void info_remove(domainid_t domain)
{
    struct page *page = find(domain);
    if (page == NULL) {
        return;
    }
    (void)vspace_unmap(page->memory);
    (void)cap_destroy(page->frame);
    *page = pages[--pages_count];
}

void info_remove_range(genpaddr_t base, gensize_t bytes)
{
    for (uint32_t i = pages_count; i > 0; i--) {
        if (pages[i - 1].base - base < bytes) {
            info_remove(pages[i - 1].domain);
        }
    }
}

// E2. The reader is another dispatcher of this core: the order of the instructions is enough.
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

void info_publish(domainid_t domain, const struct account *account, gensize_t free_bytes,
                  gensize_t total_bytes)
{
    static uint32_t next;
    struct page *own = find(domain);
    if (own != NULL) {
        begin(own);
        own->memory->bytes = account != NULL ? account->bytes : 0;
        own->memory->pieces = account != NULL ? account->pieces : 0;
        own->memory->limit =
            account != NULL && account->limit != ACCOUNT_NO_LIMIT ? account->limit : 0;
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
